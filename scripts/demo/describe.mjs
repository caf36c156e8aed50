// What is there, for people to read.

const lines = (rows) => {
  const width = Math.max(...rows.map(([name]) => name.length));
  for (const [name, value] of rows) console.log(`  ${name.padEnd(width)}  ${value}`);
};

export async function describeSlots(module, path) {
  const info = await module.info();
  console.log('\nLibrary');
  lines([
    ['file', path],
    ['made by', info.manufacturer],
    ['speaks', `PKCS#11 ${module.interface.version}`],
  ]);
  console.log('\nSlots');
  for (const slot of await module.slots()) {
    const { description, tokenPresent } = await slot.info();
    console.log(`  ${slot.id}: ${description || '(no description)'}${tokenPresent ? ', with a token' : ''}`);
  }
}

export async function describeToken(token) {
  const info = await token.info();
  console.log('\nToken');
  lines([
    ['label', info.label],
    ['model', info.model],
    ['made by', info.manufacturer],
    ['serial', info.serialNumber],
  ]);
}

export async function describeCertificates(token) {
  console.log('\nCertificates');
  let count = 0;
  for await (const certificate of token.certificates()) {
    const { x509 } = certificate;
    const key = await certificate.privateKey();
    count += 1;
    lines([
      ['subject', x509.subject],
      ['valid', `until ${new Date(x509.validTo).toISOString().slice(0, 10)}`],
      ['key', `${key.type}, private half on the token`],
      ['signature', x509.verify(x509.publicKey) ? 'good: made by that key' : 'BAD'],
    ]);
  }
  if (count === 0) console.log('  none');
}
