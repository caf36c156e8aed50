// Must and must not compile: `tsc` is the test.

import {
  GCLClient,
  GCLConfig,
  GCLLib,
  RestException,
  T1C_STATUS,
  type AbstractPkcs11,
  type BoolDataResponse,
  type Certificate,
  type CertificatesResponse,
  type DataResponse,
  type InfoResponse,
  type ModuleConfig,
  type Options,
  type Pkcs11SignData,
  type Pkcs11VerifySignedData,
  type SafeNetCertificatesResponse,
  type SafeNetSignData,
  type Slot,
  type SlotsResponse,
  type TokenResponse,
  type TokensResponse,
} from '../../lib/t1c';

/** Callbacks as the document declares them, without the nulls. */
type Declared<Response> = (error: RestException, data: Response) => void;

export function asDeclared(
  container: AbstractPkcs11,
  data: SafeNetSignData & Pkcs11VerifySignedData,
  certificates: Declared<SafeNetCertificatesResponse>,
  info: Declared<InfoResponse>,
  signature: Declared<DataResponse>,
  slots: Declared<SlotsResponse>,
  token: Declared<TokensResponse>,
  valid: Declared<BoolDataResponse>,
): Promise<unknown>[] {
  const options: Options = { parseCerts: false };
  const all: Promise<SafeNetCertificatesResponse> = container.certificates(0, options, certificates);
  const one: Promise<TokensResponse> = container.token(0, token);
  return [
    all,
    one,
    container.certificates(0, undefined, certificates),
    container.certificates(0, certificates),
    container.info(info),
    container.signData(data, signature),
    container.slots(slots),
    container.slotsWithTokenPresent(slots),
    container.verifySignedData(data, valid),
  ];
}

export async function t1c(path: string): Promise<string> {
  const moduleConfig: ModuleConfig = { linux: path, mac: path, win: path };
  const config = new GCLConfig('ds uri', 'apikey', moduleConfig);
  const released = new GCLConfig({ pkcs11Config: moduleConfig, gclUrl: '', apiKey: '', osPinDialog: false, agentPort: -1 });
  GCLLib.GCLClient.initialize(config, (error, client) => {
    // @ts-expect-error there is none after a failure
    void client.pkcs11();
    if (client) void client.pkcs11().info((failed, response) => (failed ? failed.code : response!.data.flags));
    else if (error) throw error;
  });
  const client: GCLClient = await GCLClient.initialize(released);
  const pkcs11: AbstractPkcs11 = client.pkcs11();
  const [slot]: Slot[] = (await pkcs11.slots()).data;
  const token: TokenResponse = await pkcs11.token(String(slot!.slot_id));
  const all: CertificatesResponse = await pkcs11.certificates(token.data.slot_id, { parseCerts: true }, () => undefined);
  await pkcs11.certificates(0, () => undefined);
  await pkcs11.certificates(0, null, () => undefined);
  const one: Certificate = all.data[0]!;
  const name: string | undefined = one.parsed?.subject.typesAndValues[0]?.value.valueBlock.value;
  const request: Pkcs11SignData = { slot_id: 0, cert_id: one.id, algorithm_reference: 'sha256', data: '', pin: null, pace: '1' };
  const { data: signature, success } = await pkcs11.signData(request);
  const ends: true = success;
  const valid: boolean = (await pkcs11.verifySignedData({ ...request, signature })).data;
  // @ts-expect-error a hash is base64
  await pkcs11.signData({ ...request, data: new Uint8Array(32) });
  // @ts-expect-error the slot is missing
  await pkcs11.token();
  // @ts-expect-error to verify there must be a signature
  await pkcs11.verifySignedData(request);
  // @ts-expect-error such a path is not looked at
  client.pkcs11({ windows: path });
  // @ts-expect-error responses are not written
  all.data = [];
  const failed: RestException = new RestException(801);
  const never: false = failed.success;
  return `${ends} ${never} ${valid} ${name} ${failed.code} ${failed.description} ${T1C_STATUS[801]}`;
}
