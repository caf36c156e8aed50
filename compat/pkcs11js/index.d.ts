export * from '../../dist/pkcs11js';
