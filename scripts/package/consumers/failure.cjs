// Prints how the first two calls fail, as JSON.
async function main() {
  const { CryptokiError, Module } = require('cryptoki');
  const failures = [];
  for (const path of ['/no/such/library', '/no/such/library']) {
    const failure = await Module.load(path).then(
      () => 'it was loaded',
      (error) => ({ known: CryptokiError.is(error), code: error.code, reason: error.reason, message: error.message }),
    );
    failures.push(failure);
  }
  console.log(JSON.stringify(failures));
}

main();
