// A program of somebody who uses graphene-pk11 and nothing of ours: signs on a token that it initialises.
const { createRequire } = require('node:module');
const graphene = require('graphene-pk11');

const pkcs11js = createRequire(require.resolve('graphene-pk11')).resolve('pkcs11js');
const cryptoki = graphene.Module.load(process.env.PKCS11_MODULE);
cryptoki.initialize();
cryptoki.lib.C_InitToken(cryptoki.getSlots(0).handle, '12345678', 'packed');
const session = cryptoki.getSlots(0).open(graphene.SessionFlag.SERIAL_SESSION | graphene.SessionFlag.RW_SESSION);
session.login('12345678', graphene.UserType.SO);
session.initPin('1234');
session.logout();
session.login('1234');
const { privateKey, publicKey } = session.generateKeyPair(
  graphene.KeyGenMechanism.EC,
  { keyType: graphene.KeyType.EC, paramsEC: graphene.NamedCurve.getByName('secp256r1').value, token: true, verify: true },
  { keyType: graphene.KeyType.EC, token: true, sign: true },
);
const digest = Buffer.alloc(32, 7);
session.createSign('ECDSA', privateKey).once(digest, (error, signature) => {
  if (error) throw error;
  const verified = session.createVerify('ECDSA', publicKey).once(digest, signature);
  const addons = process.report.getReport().sharedObjects.filter((path) => path.endsWith('.node'));
  session.close();
  cryptoki.finalize();
  cryptoki.close();
  console.log(JSON.stringify({ pkcs11js, addons, verified }));
});
