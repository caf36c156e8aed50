// A peer in a process of its own: it is told once what to work with, and then by lines on its input how long to work. Between its slices it sleeps.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** Longer than any slice and any start on a busy machine. */
const PATIENCE = 60_000;

/** Starts it. Rejects with the end of what it printed as the reason. */
export async function start({ command, args, environment = {} }) {
  const child = spawn(command, args, { env: { ...process.env, ...environment }, stdio: ['pipe', 'pipe', 'pipe'] });
  let complaint = '';
  child.stderr.on('data', (text) => (complaint = `${complaint}${text}`.slice(-2_000)));
  child.stdin.on('error', () => {});
  const failed = new Promise((_, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => reject(new Error(complaint.trim() || `it ended with ${code ?? signal}`)));
  });
  failed.catch(() => {});
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => {
    let timer;
    const late = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error(`no answer in ${PATIENCE / 1000} seconds`)), PATIENCE)));
    try {
      return (await Promise.race([lines.next().then((line) => (line.done ? failed : line)), failed, late])).value;
    } finally {
      clearTimeout(timer);
    }
  };
  const end = () => {
    child.kill('SIGKILL');
  };
  try {
    const word = await next();
    if (word !== 'ready') throw new Error(`it said ${word}`);
  } catch (error) {
    end();
    throw error;
  }
  return {
    /** Microseconds and processor microseconds per call of a slice. */
    async slice(milliseconds) {
      child.stdin.write(`${milliseconds}\n`);
      return JSON.parse(await next());
    },
    end,
  };
}
