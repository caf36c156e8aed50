// A CommonJS module that uses the package: must compile with its published declarations.
import cryptoki = require('cryptoki');
import raw = require('cryptoki/raw');

export async function main(path: string): Promise<Uint8Array> {
  const module: cryptoki.Module = await cryptoki.Module.load(path);
  const slots: cryptoki.Slot[] = await module.slots();
  const token: cryptoki.Token = await module.token('pkcs11:token=demo');
  const key: cryptoki.PrivateKey = await token.privateKey();
  // @ts-expect-error a path is text
  await cryptoki.Module.load(slots);
  // @ts-expect-error an algorithm has a name that is known
  await key.decrypt({ name: 'rsa-oeap' }, new Uint8Array(1));
  const library: raw.Raw = await raw.Raw.load(path);
  await library.C_Finalize();
  return key.sign(null, new Uint8Array(1), { context: new Uint8Array(1) });
}
