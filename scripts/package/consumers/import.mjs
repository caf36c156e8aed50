// node import.mjs SUB-PATH: signs with it, loaded by import.
import programs from './sub-paths.cjs';

const [wanted] = process.argv.slice(2);
await programs[wanted]((sub) => import(`cryptoki${sub.slice(1)}`));
console.log('signed');
