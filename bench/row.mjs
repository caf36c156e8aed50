// One group of rows, in a process of its own: node bench/row.mjs <name>. The last line printed is the rows in JSON.
const { measure } = await import(`./rows/${process.argv[2]}.mjs`);
console.log(JSON.stringify(await measure()));
