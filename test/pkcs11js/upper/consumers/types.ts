// A program in TypeScript of somebody who uses pkcs11js and graphene-pk11: it is compiled, with their declarations and with ours.

import * as graphene from 'graphene-pk11';
import * as pkcs11 from 'pkcs11js';
import whole from 'pkcs11js';
import { type NativeError, PKCS11, Pkcs11Error } from 'pkcs11js';

const lib: pkcs11.PKCS11 = new PKCS11();
const other: pkcs11.PKCS11 = new whole.PKCS11();
const options: pkcs11.InitializationOptions = { flags: pkcs11.CKF_OS_LOCKING_OK };
lib.C_Initialize(options);
const session: pkcs11.Handle = lib.C_OpenSession(Buffer.alloc(8), pkcs11.CKF_SERIAL_SESSION);
const template: pkcs11.Template = [{ type: pkcs11.CKA_CLASS, value: pkcs11.CKO_DATA }];
const gcm: pkcs11.AesGCM = { type: pkcs11.CK_PARAMS_AES_GCM_v240, iv: Buffer.alloc(12), ivBits: 96, tagBits: 128 };
const oaep: pkcs11.RsaOAEP = { type: pkcs11.CK_PARAMS_RSA_OAEP, hashAlg: pkcs11.CKM_SHA_1, mgf: pkcs11.CKG_MGF1_SHA1, source: 1 };
const ecdh: pkcs11.ECDH1 = { type: pkcs11.CK_PARAMS_EC_DH, kdf: pkcs11.CKD_NULL, publicData: Buffer.alloc(65) };
const mechanism: pkcs11.Mechanism = { mechanism: pkcs11.CKM_AES_GCM, parameter: gcm };
const pair: pkcs11.KeyPair = lib.C_GenerateKeyPair(session, mechanism, template, template);
const found: Buffer | null = lib.C_FindObjects(session);
const attributes: pkcs11.TemplateResult = lib.C_GetAttributeValue(session, pair.publicKey, template);
const told: pkcs11.TokenInfo = lib.C_GetTokenInfo(session);
lib.C_Sign(session, Buffer.alloc(1), Buffer.alloc(64), (error: Error, signature: Buffer) => void (error ?? signature));
lib.C_Verify(session, Buffer.alloc(1), Buffer.alloc(64), (error, verified) => void (error ?? verified));
const signing: Promise<Buffer> = lib.C_SignAsync(session, Buffer.alloc(1), Buffer.alloc(64));
const error: NativeError = new Pkcs11Error('CKR_OK', 0, 'C_Sign');
const module: graphene.Module = graphene.Module.load('a path');
const below: pkcs11.PKCS11 = module.lib;

export { attributes, below, other, ecdh, error, found, oaep, signing, told };
