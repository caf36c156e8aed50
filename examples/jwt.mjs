// A JSON Web Token, signed by a key of the token and verified by jose with its public half.
import { base64url, jwtVerify } from 'jose';
import { Module } from 'cryptoki';

const module = await Module.load(process.env.PKCS11_MODULE);
try {
  const token = await module.token({ label: process.env.PKCS11_TOKEN });
  await token.login(process.env.PKCS11_PIN);
  const key = await token.privateKey({ label: 'signer' });
  const claims = { sub: 'somebody', exp: Math.floor(Date.now() / 1000) + 60 };
  const input = [{ alg: 'ES256' }, claims].map((part) => base64url.encode(JSON.stringify(part))).join('.');
  // Web tokens have the two numbers of the signature side by side.
  const signature = await key.sign('sha256', Buffer.from(input), { dsaEncoding: 'ieee-p1363' });
  const jwt = `${input}.${base64url.encode(signature)}`;
  console.log(jwt);
  const publicKey = await key.findPublicKey();
  const { payload } = await jwtVerify(jwt, publicKey.toKeyObject());
  console.log(payload.sub);
} finally {
  await module.close();
}
