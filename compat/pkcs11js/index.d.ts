export * from '../../dist/pkcs11js';
export { default } from '../../dist/pkcs11js';
