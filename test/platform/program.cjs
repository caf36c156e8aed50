// Uses the package on the library of token.c: node program.cjs LIBRARY WIDTH RESULT. Each expectation is worked out here, from the values and the
// width of CK_ULONG. Writes "fine" or the error into the file RESULT: under wine a pipe would not do.
const assert = require('node:assert/strict');
const { writeFileSync } = require('node:fs');
const { Raw, CKF, CKM, CKO, CKU } = require('cryptoki/raw');
const { Module } = require('cryptoki');

const [library, width, result] = process.argv.slice(2);

/** A CK_ULONG as it stands in memory, in hexadecimal digits. */
function ulong(value) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes.toString('hex', 0, Number(width));
}

const hex = (text) => Buffer.from(text).toString('hex');

async function informations(raw) {
  const info = await raw.C_GetInfo();
  assert.deepEqual(
    { ...info },
    {
      cryptokiVersion: { major: 2, minor: 40 },
      manufacturerID: 'Manufacturer of the library',
      flags: 0,
      libraryDescription: 'Description of it',
      libraryVersion: { major: 7, minor: 9 },
    },
  );
  const [slot, ...others] = await raw.C_GetSlotList(true);
  assert.deepEqual([slot, others], [0x10203, []]);
  const slotInfo = await raw.C_GetSlotInfo(slot);
  assert.equal(slotInfo.slotDescription, 'Description of the slot');
  assert.deepEqual(slotInfo.firmwareVersion, { major: 3, minor: 4 });
  const token = await raw.C_GetTokenInfo(slot);
  const numbers = [token.maxSessionCount, token.sessionCount, token.maxRwSessionCount, token.rwSessionCount, token.maxPinLen, token.minPinLen];
  assert.deepEqual(numbers, [11, undefined, 13, 14, 15, 4]);
  assert.deepEqual([token.totalPublicMemory, token.freePublicMemory, token.totalPrivateMemory, token.freePrivateMemory], [17, undefined, 19, 20]);
  assert.deepEqual([token.label, token.serialNumber, token.firmwareVersion.minor], ['Platform', '0123456789abcdef', 8]);
  assert.deepEqual(await raw.C_GetMechanismList(slot), [CKM.RSA_PKCS_PSS, CKM.AES_CTR, CKM.AES_GCM, CKM.ECDH1_DERIVE]);
  const mechanism = await raw.C_GetMechanismInfo(slot, CKM.AES_GCM);
  assert.deepEqual([mechanism.minKeySize, mechanism.maxKeySize, mechanism.flags], [CKM.AES_GCM, 4096, 0x2801]);
  return slot;
}

async function session(raw, slot) {
  const opened = await raw.C_OpenSession(slot, CKF.SERIAL_SESSION | CKF.RW_SESSION);
  const { slotID, state, flags, deviceError } = await raw.C_GetSessionInfo(opened);
  assert.deepEqual([slotID, state, flags, deviceError], [slot, 3, 6, 0x89abcdef]);
  await assert.rejects(raw.C_Login(opened, CKU.USER, 'wrong'), { code: 'CKR_PIN_INCORRECT', rv: 0xa0 });
  await raw.C_Login(opened, CKU.USER, '1234é');
  return opened;
}

async function objects(raw, opened) {
  await raw.C_FindObjectsInit(opened, { class: CKO.PRIVATE_KEY, token: true, label: 'Schlüssel', modulusBits: 2048 });
  const found = await raw.C_FindObjects(opened, 10);
  await raw.C_FindObjectsFinal(opened);
  assert.deepEqual(found, [0x40302010n]);
  const wanted = ['class', 'private', 'label', 'modulusBits', 'allowedMechanisms', 'id'];
  const { label, ...rest } = await raw.C_GetAttributeValue(opened, found[0], wanted);
  assert.equal(label, `find 0=${ulong(CKO.PRIVATE_KEY)} 1=01 3=${hex('Schlüssel')} 121=${ulong(2048)}`);
  assert.deepEqual({ ...rest }, { class: 3, private: true, modulusBits: 2048, allowedMechanisms: [0x0d, 0x1087, 0x80001234], id: undefined });
  return found[0];
}

async function operations(raw, opened, key) {
  const text = async (promise) => Buffer.from(await promise).toString();
  await raw.C_SignInit(opened, { mechanism: CKM.RSA_PKCS_PSS, parameter: { hashAlg: CKM.SHA256, mgf: 2, sLen: 32 } }, key);
  assert.equal(await text(raw.C_Sign(opened, Buffer.from('hello'))), `mechanism=d hash=250 mgf=2 salt=32 data=${hex('hello')}`);
  const block = Buffer.from('0123456789abcdef');
  await raw.C_EncryptInit(opened, { mechanism: CKM.AES_CTR, parameter: { counterBits: 64, cb: block } }, key);
  assert.equal(await text(raw.C_Encrypt(opened, Buffer.from([7]), { capacity: 1 })), `mechanism=1086 bits=64 block=${block.toString('hex')} data=07`);
  const gcm = { iv: Buffer.from('0102030405060708090a0b0c', 'hex'), aad: Buffer.from('more'), tagBits: 96 };
  const { writtenBack } = await raw.C_EncryptInit(opened, { mechanism: CKM.AES_GCM, parameter: gcm }, key);
  assert.equal(Buffer.from(writtenBack.iv).toString('hex'), 'fe02030405060708090a0b0c');
  const encrypted = await text(raw.C_Encrypt(opened, Buffer.alloc(0)));
  assert.equal(encrypted, `mechanism=1087 iv=0102030405060708090a0b0c bits=96 aad=${hex('more')} tag=96 data=`);
  const ecdh = { kdf: 1, sharedData: Buffer.from('s'), publicData: Buffer.from('point') };
  const derived = await raw.C_DeriveKey(opened, { mechanism: CKM.ECDH1_DERIVE, parameter: ecdh }, key, { class: CKO.SECRET_KEY, valueLen: 32 });
  assert.equal(derived.key, 0x11223344n);
  const said = `kdf=1 shared=${hex('s')} public=${hex('point')} 0=${ulong(CKO.SECRET_KEY)} 161=${ulong(32)}`;
  assert.equal((await text(raw.C_GenerateRandom(opened, 200))).replace(/\0+$/, ''), said);
}

/** A number that a CK_ULONG of 32 bits cannot hold is refused, and is given on where it has 64. */
async function widths(raw, opened) {
  const search = raw.C_FindObjectsInit(opened, { modulusBits: 2n ** 32n });
  if (width === '4') await assert.rejects(search, { code: 'ERR_OUT_OF_RANGE' });
  else await search.then(() => raw.C_FindObjectsFinal(opened));
}

async function byFunctions() {
  const raw = await Raw.load(library);
  try {
    await raw.C_Initialize();
    const slot = await informations(raw);
    const opened = await session(raw, slot);
    const key = await objects(raw, opened);
    await operations(raw, opened, key);
    await widths(raw, opened);
  } finally {
    await raw.close();
  }
}

/** The classes above, with a library that is missing and one that is none. */
async function byClasses() {
  const module = await Module.load(library);
  try {
    const token = await module.token({ label: 'Platform' });
    await token.login('1234é');
  } finally {
    await module.close();
  }
  await assert.rejects(Module.load(`${library}.missing`), { code: 'ERR_CRYPTOKI_LOAD_FAILED', reason: 'missing' });
  await assert.rejects(Module.load(__filename), { code: 'ERR_CRYPTOKI_LOAD_FAILED', reason: 'not-a-library' });
}

async function run() {
  await byFunctions();
  await byClasses();
}

run().then(
  () => writeFileSync(result, 'fine'),
  (error) => writeFileSync(result, `${error.stack ?? error}`),
);
