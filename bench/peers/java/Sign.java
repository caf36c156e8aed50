// SunPKCS11 of OpenJDK: so many threads that sign with one key. java Sign <library> <pin> <threads>; the rest is as in ../answer.mjs.
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.Security;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.util.concurrent.CyclicBarrier;

public class Sign {
  public static void main(String[] words) throws Exception {
    int threads = Integer.parseInt(words[2]);
    Path configuration = Files.createTempFile("cryptoki-bench-", ".cfg");
    Provider provider;
    try {
      Files.writeString(configuration, "name = bench\nlibrary = " + words[0] + "\nslotListIndex = 0\n");
      provider = Security.getProvider("SunPKCS11").configure(configuration.toString());
    } finally {
      Files.delete(configuration);
    }
    KeyStore.getInstance("PKCS11", provider).load(null, words[1].toCharArray());
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", provider);
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    PrivateKey key = generator.generateKeyPair().getPrivate();
    Worker[] workers = new Worker[threads];
    CyclicBarrier turn = new CyclicBarrier(threads + 1);
    for (int i = 0; i < threads; i++) {
      workers[i] = new Worker(turn, provider, key);
      workers[i].setDaemon(true);
      workers[i].start();
    }
    System.out.println("ready");
    BufferedReader input = new BufferedReader(new InputStreamReader(System.in));
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      long used = processor(), begun = System.nanoTime();
      Worker.deadline = begun + (long) (Double.parseDouble(line) * 1e6);
      turn.await();
      turn.await();
      double taken = System.nanoTime() - begun;
      long calls = 0;
      for (Worker worker : workers) calls += worker.calls;
      System.out.printf("{\"wall\":%.6f,\"processor\":%.6f}%n", taken / 1e3 / calls, (processor() - used) / 1e3 / calls);
    }
  }

  static long processor() {
    return ((com.sun.management.OperatingSystemMXBean) java.lang.management.ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
  }

  static class Worker extends Thread {
    static volatile long deadline;
    final CyclicBarrier turn;
    final Provider provider;
    final PrivateKey key;
    volatile long calls;

    Worker(CyclicBarrier turn, Provider provider, PrivateKey key) {
      this.turn = turn;
      this.provider = provider;
      this.key = key;
    }

    @Override
    public void run() {
      try {
        Signature signature = Signature.getInstance("NONEwithECDSA", provider);
        byte[] data = new byte[32];
        for (;;) {
          turn.await();
          long done = 0;
          do {
            for (int i = 0; i < 8; i++) {
              signature.initSign(key);
              signature.update(data);
              signature.sign();
            }
            done += 8;
          } while (System.nanoTime() < deadline);
          calls = done;
          turn.await();
        }
      } catch (Exception error) {
        error.printStackTrace();
        System.exit(1);
      }
    }
  }
}
