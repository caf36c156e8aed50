# PyKCS11: so many threads that sign with one key, a session each. python3 sign.py <library> <pin> <threads>; the rest is as in ../answer.mjs.
import json
import sys
import threading
import time

import PyKCS11
from PyKCS11.LowLevel import CKA_EC_PARAMS, CKA_SIGN, CKA_TOKEN, CKA_VERIFY, CKF_RW_SESSION, CKF_SERIAL_SESSION, CKM_EC_KEY_PAIR_GEN, CKM_ECDSA

path, pin, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
library = PyKCS11.PyKCS11Lib()
library.load(path)
slot = library.getSlotList(tokenPresent=True)[0]
sessions = [library.openSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION) for _ in range(threads)]
sessions[0].login(pin)
curve = bytes.fromhex("06082a8648ce3d030107")
_, key = sessions[0].generateKeyPair(
    [(CKA_TOKEN, False), (CKA_VERIFY, True), (CKA_EC_PARAMS, curve)],
    [(CKA_TOKEN, False), (CKA_SIGN, True)],
    mecha=PyKCS11.Mechanism(CKM_EC_KEY_PAIR_GEN, None),
)
data = bytes(32)
turn = threading.Barrier(threads + 1)
deadline = 0.0
calls = [0] * threads


def work(number):
    session, mechanism = sessions[number], PyKCS11.Mechanism(CKM_ECDSA, None)
    while True:
        turn.wait()
        done = 0
        while True:
            for _ in range(8):
                session.sign(key, data, mechanism)
            done += 8
            if time.monotonic() >= deadline:
                break
        calls[number] = done
        turn.wait()


for number in range(threads):
    threading.Thread(target=work, args=(number,), daemon=True).start()
print("ready", flush=True)
for line in sys.stdin:
    used, begun = time.process_time(), time.monotonic()
    deadline = begun + float(line) / 1e3
    turn.wait()
    turn.wait()
    taken = time.monotonic() - begun
    print(json.dumps({"wall": taken * 1e6 / sum(calls), "processor": (time.process_time() - used) * 1e6 / sum(calls)}), flush=True)
