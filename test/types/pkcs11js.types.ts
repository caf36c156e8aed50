// Must and must not compile: `tsc` is the test. A program that compiles with the declarations of pkcs11js compiles with ours.

import type * as original from 'pkcs11js';
import * as pkcs11js from '../../lib/pkcs11js';

/** What they declare otherwise than it is: numbers that are bigints, and a label that nobody gets. */
type Misdeclared = 'C_GetTokenInfo' | 'C_InitToken';

export const constants: Omit<typeof original, 'PKCS11'> = pkcs11js;
export const make = (path: string): Omit<original.PKCS11, Misdeclared> => new pkcs11js.PKCS11(path);

type Memory = 'totalPublicMemory' | 'freePublicMemory' | 'totalPrivateMemory' | 'freePrivateMemory';
export const tokenInfo = (info: pkcs11js.TokenInfo): Omit<original.TokenInfo, Memory> => info;
export const memory = ({ totalPublicMemory }: pkcs11js.TokenInfo): bigint => totalPublicMemory;

// What callers make, by their types, is taken; and what they get is what they expect.
export const mechanism = (given: original.Mechanism): pkcs11js.Mechanism => given;
export const template = (given: original.Template): pkcs11js.Template => given;
export const options = (given: original.InitializationOptions): pkcs11js.InitializationOptions => given;
export const results = (given: pkcs11js.TemplateResult): original.TemplateResult => given;
export const infos = (
  given: [pkcs11js.ModuleInfo, pkcs11js.SlotInfo, pkcs11js.MechanismInfo, pkcs11js.SessionInfo],
): [original.ModuleInfo, original.SlotInfo, original.MechanismInfo, original.SessionInfo] => given;

/** A parameter of theirs is one of ours. */
type Fits<Given extends Taken, Taken> = [Given, Taken];
export type ParameterTypes = [
  Fits<original.IParams, pkcs11js.IParams>,
  Fits<original.ECDH1, pkcs11js.ECDH1>,
  Fits<original.AesCBC, pkcs11js.AesCBC>,
  Fits<original.AesCCM, pkcs11js.AesCCM>,
  Fits<original.AesGCM, pkcs11js.AesGCM>,
  Fits<original.RsaOAEP, pkcs11js.RsaOAEP>,
  Fits<original.RsaPSS, pkcs11js.RsaPSS>,
  Fits<original.Ecdh2Derive, pkcs11js.Ecdh2Derive>,
  Fits<original.EcmqvDerive, pkcs11js.EcmqvDerive>,
  Fits<original.X942DH1Derive, pkcs11js.X942DH1Derive>,
  Fits<original.X942DH2Derive, pkcs11js.X942DH2Derive>,
  Fits<original.X942MQvDeriveParams, pkcs11js.X942MQvDeriveParams>,
  Fits<original.RC2CBCParams, pkcs11js.RC2CBCParams>,
  Fits<original.RC2MACGeneralParams, pkcs11js.RC2MACGeneralParams>,
  Fits<original.RC5Params, pkcs11js.RC5Params>,
  Fits<original.RC5CBCParams, pkcs11js.RC5CBCParams>,
  Fits<original.RC5MACGeneralParams, pkcs11js.RC5MACGeneralParams>,
  Fits<original.DesCbcEncryptDataParams, pkcs11js.DesCbcEncryptDataParams>,
  Fits<original.SkipjackPrivateWrapParams, pkcs11js.SkipjackPrivateWrapParams>,
  Fits<original.SkipjackRelayXParams, pkcs11js.SkipjackRelayXParams>,
  Fits<original.PbeParams, pkcs11js.PbeParams>,
  Fits<original.KeyWrapSetOaepParams, pkcs11js.KeyWrapSetOaepParams>,
  Fits<original.GcmParams, pkcs11js.GcmParams>,
  Fits<original.CcmParams, pkcs11js.CcmParams>,
  Fits<original.GostR3410DeriveParams, pkcs11js.GostR3410DeriveParams>,
  Fits<original.GostR3410KeyWrapParams, pkcs11js.GostR3410KeyWrapParams>,
];

/** A program that knows pkcs11js: it may compare any constants, leave out what it declares optional, and extend the class. */
export class Logged extends pkcs11js.PKCS11 {
  override load(path: string): void {
    super.load(path);
  }

  override C_Login(session: original.Handle, userType: number, pin?: string): void {
    super.C_Login(session, userType, pin);
  }

  override C_Sign(session: original.Handle, data: Buffer, output: Buffer): Buffer;
  override C_Sign(session: original.Handle, data: Buffer, output: Buffer, tell: (error: Error, signature: Buffer) => void): void;
  override C_Sign(session: original.Handle, data: Buffer, output: Buffer, tell?: (error: Error, signature: Buffer) => void): Buffer | void {
    return tell === undefined ? super.C_Sign(session, data, output) : super.C_Sign(session, data, output, tell);
  }

  hashOf(long: boolean): number | undefined {
    let mechanism = long ? pkcs11js.CKM_SHA512 : pkcs11js.CKM_SHA256;
    if (mechanism === pkcs11js.CKM_SHA_1) return undefined;
    mechanism = pkcs11js.CKM_SHA384;
    return mechanism;
  }
}

export const errors: [original.NativeError, original.Pkcs11Error] = [new pkcs11js.NativeError(), new pkcs11js.Pkcs11Error()];
