/** Certificates for servers and clients of tests, made when they are needed (RFC 5280, in DER). */

import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

export interface Certificate {
  /** PEM. */
  readonly cert: string;
  readonly key: string;
}

const der = (tag: number, ...parts: readonly Uint8Array[]): Buffer => {
  const content = Buffer.concat(parts);
  const length: number[] = [];
  for (let rest = content.length; rest > 0; rest >>= 8) length.unshift(rest & 255);
  const head = content.length < 128 ? [content.length] : [128 + length.length, ...length];
  return Buffer.concat([Buffer.from([tag, ...head]), content]);
};
const sequence = (...parts: readonly Uint8Array[]) => der(0x30, ...parts);
const hex = (text: string) => Buffer.from(text, 'hex');
const text = (value: string) => Buffer.from(value, 'latin1');

const sha256WithEcdsa = sequence(der(6, hex('2a8648ce3d040302')));
const name = (value: string) =>
  sequence(der(0x31, sequence(der(6, hex('550403')), der(0x0c, text(value)))));
const extension = (oid: string, value: Uint8Array) => sequence(der(6, hex(oid)), der(4, value));

/** A certificate for `127.0.0.1`, `localhost` and `hosts`, by itself or by another one as its authority. */
export function certificate(
  subject: string,
  by?: Certificate,
  hosts: readonly string[] = [],
): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const signer: KeyObject = by ? createPrivateKey(by.key) : privateKey;
  const names = sequence(
    ...['localhost', ...hosts].map((host) => der(0x82, text(host))),
    der(0x87, Buffer.from([127, 0, 0, 1])),
  );
  const isAuthority = sequence(...(by ? [] : [der(1, Buffer.from([255]))]));
  const body = sequence(
    der(0xa0, der(2, Buffer.from([2]))),
    der(2, Buffer.from([1 + Math.floor(Math.random() * 100), subject.length])),
    sha256WithEcdsa,
    name(by ? 'authority' : subject),
    sequence(der(0x17, text('200101000000Z')), der(0x17, text('491231235959Z'))),
    name(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(extension('551d13', isAuthority), extension('551d11', names))),
  );
  const signature = der(3, Buffer.from([0]), sign('sha256', body, signer));
  const lines = sequence(body, sha256WithEcdsa, signature)
    .toString('base64')
    .match(/.{1,64}/g);
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${lines?.join('\n')}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  };
}
