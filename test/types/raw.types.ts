// Must and must not compile: `tsc` is the test.

import { CKA, CKF, CKM, CKU, Raw, type AttributeTemplate, type Attributes, type MechanismInput, type ReadAttributes } from '../../lib/raw';

export const template: AttributeTemplate = {
  label: 'signer',
  token: true,
  class: 3n,
  startDate: new Date(),
  endDate: '2030-01-01',
  id: Buffer.of(1),
  allowedMechanisms: [1, 2n],
  wrapTemplate: { label: 'inner', 0x80000001: true },
  value: null,
  modulusBits: undefined,
  0x80000001: true,
};

// @ts-expect-error a label is text
export const wrongLabel: AttributeTemplate = { label: 1 };
// @ts-expect-error there is no such attribute
export const wrongName: AttributeTemplate = { lable: 'x' };
// @ts-expect-error only dates can be a Date
export const wrongDate: AttributeTemplate = { label: new Date() };
// @ts-expect-error bytes are not text
export const wrongBytes: AttributeTemplate = { value: 'x' };
// @ts-expect-error a boolean is not a number
export const wrongBoolean: AttributeTemplate = { token: 1 };
// @ts-expect-error a vendor's attribute has a value of a known form
export const wrongVendor: AttributeTemplate = { 0x80000001: Symbol('x') };

// What was read can be given again.
const read: Attributes = {};
export const again: AttributeTemplate = read;
export const flag: boolean | null | undefined = template.token;

export const plain: MechanismInput = CKM.SHA256_RSA_PKCS;
export const gcm: MechanismInput = { mechanism: CKM.AES_GCM, parameter: { iv: new Uint8Array(12), tagBits: 128 } };
export const vendor: MechanismInput = { mechanism: 0x80000001, parameter: new Uint8Array(4) };
export const named: MechanismInput = { mechanism: 0x80000001, structure: 'CK_GCM_PARAMS', parameter: { iv: new Uint8Array(12), tagBits: 128 } };
// @ts-expect-error there is no such structure
export const wrongStructure: MechanismInput = { mechanism: 1, structure: 'CK_NO_PARAMS' };
// @ts-expect-error no structure has this field
export const wrongField: MechanismInput = { mechanism: CKM.AES_GCM, parameter: { ivv: new Uint8Array(12), tagBits: 128 } };

export async function calls(raw: Raw): Promise<void> {
  const slots: number[] = await raw.C_GetSlotList(true);
  const session: bigint = await raw.C_OpenSession(slots[0]!, CKF.SERIAL_SESSION);
  await raw.C_Login(session, CKU.USER, '1234', { timeLimit: 1000 });
  await raw.C_Login(session, CKU.USER, null);
  const values: ReadAttributes = await raw.C_GetAttributeValue(session, 1n, ['label', CKA.VALUE, 0x80000001]);
  const label: string | undefined = values.label;
  const bytes: Uint8Array | undefined = values[0x80000001];
  await raw.C_SignInit(session, { mechanism: CKM.RSA_PKCS }, 1n);
  const signature: Uint8Array = await raw.C_Sign(session, Buffer.from(label ?? ''), { capacity: 256 });
  await raw.C_Sign(session, new DataView(signature.buffer));
  // @ts-expect-error data is bytes
  await raw.C_Sign(session, 'text');
  // @ts-expect-error a session is a number
  await raw.C_Sign('1', bytes ?? null);
  // @ts-expect-error the attribute has no such name
  await raw.C_GetAttributeValue(session, 1n, ['lable']);
  // @ts-expect-error made by load only
  new Raw();
}
