// github.com/miekg/pkcs11: so many goroutines that sign with one key, a session each. sign <library> <pin> <sessions>; the rest is as in ../answer.mjs.
package main

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/miekg/pkcs11"
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func processor() float64 {
	var usage syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e3
}

func main() {
	count, err := strconv.Atoi(os.Args[3])
	check(err)
	library := pkcs11.New(os.Args[1])
	check(library.Initialize())
	slots, err := library.GetSlotList(true)
	check(err)
	sessions := make([]pkcs11.SessionHandle, count)
	for i := range sessions {
		sessions[i], err = library.OpenSession(slots[0], pkcs11.CKF_SERIAL_SESSION|pkcs11.CKF_RW_SESSION)
		check(err)
	}
	check(library.Login(sessions[0], pkcs11.CKU_USER, os.Args[2]))
	curve := []byte{0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07}
	_, key, err := library.GenerateKeyPair(sessions[0],
		[]*pkcs11.Mechanism{pkcs11.NewMechanism(pkcs11.CKM_EC_KEY_PAIR_GEN, nil)},
		[]*pkcs11.Attribute{pkcs11.NewAttribute(pkcs11.CKA_TOKEN, false), pkcs11.NewAttribute(pkcs11.CKA_VERIFY, true), pkcs11.NewAttribute(pkcs11.CKA_EC_PARAMS, curve)},
		[]*pkcs11.Attribute{pkcs11.NewAttribute(pkcs11.CKA_TOKEN, false), pkcs11.NewAttribute(pkcs11.CKA_SIGN, true)})
	check(err)
	mechanism := []*pkcs11.Mechanism{pkcs11.NewMechanism(pkcs11.CKM_ECDSA, nil)}
	fmt.Println("ready")
	for input := bufio.NewScanner(os.Stdin); input.Scan(); {
		milliseconds, err := strconv.ParseFloat(input.Text(), 64)
		check(err)
		used, begun := processor(), time.Now()
		deadline := begun.Add(time.Duration(milliseconds * 1e6))
		calls := make([]int, count)
		var all sync.WaitGroup
		for i := range sessions {
			all.Add(1)
			go func(i int) {
				defer all.Done()
				data := make([]byte, 32)
				for done := 0; ; {
					for j := 0; j < 8; j++ {
						check(library.SignInit(sessions[i], mechanism, key))
						_, err := library.Sign(sessions[i], data)
						check(err)
					}
					done += 8
					if !time.Now().Before(deadline) {
						calls[i] = done
						return
					}
				}
			}(i)
		}
		all.Wait()
		taken := float64(time.Since(begun).Nanoseconds()) / 1e3
		total := 0
		for _, done := range calls {
			total += done
		}
		fmt.Printf("{\"wall\":%f,\"processor\":%f}\n", taken/float64(total), (processor()-used)/float64(total))
	}
}
