// node require.cjs SUB-PATH: signs with it, loaded by require.
const programs = require('./sub-paths.cjs');

const [wanted] = process.argv.slice(2);

async function main() {
  await programs[wanted]((sub) => require(`cryptoki${sub.slice(1)}`));
  console.log('signed');
}

main();
