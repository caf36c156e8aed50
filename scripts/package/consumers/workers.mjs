// Signs in some threads at once, each with the package of its own environment, and in the main thread.
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import programs from './sub-paths.cjs';

const sign = () => programs['.']((sub) => import(`cryptoki${sub.slice(1)}`));

if (isMainThread) {
  const threads = Array.from(
    { length: 4 },
    (_, index) =>
      new Promise((resolve, reject) => {
        const worker = new Worker(new URL(import.meta.url), { workerData: index });
        worker.on('error', reject).on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`thread ${index} ended with ${code}`))));
      }),
  );
  await Promise.all([...threads, sign()]);
  console.log('signed');
} else {
  await sign();
  if (workerData === 3) await sign();
}
