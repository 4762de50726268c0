/**
 * Registries for tests: Debian's `docker-registry` on loopback, with the storage, the certificate and
 * the kind of authentication that a test wants. `scripts/installRegistry.sh` brings the program.
 */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createSign, randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, createServer as createListener } from 'node:net';
import { join } from 'node:path';

const script = join(import.meta.dirname, '../../scripts/installRegistry.sh');

/** Null when the program is there, else a sentence that says why it is not. */
export function registryState(): string | null {
  const isThere = () =>
    spawnSync('docker-registry', ['--version']).status === 0 &&
    spawnSync('openssl', ['version']).status === 0;
  if (isThere()) return null;
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    return 'There is no docker-registry, and only root on Debian can install it here.';
  }
  spawnSync('bash', [script], { stdio: 'inherit', timeout: 300_000 });
  return isThere() ? null : 'scripts/installRegistry.sh could not install docker-registry.';
}

/** Who may read and write in registries with authentication, here and nowhere else. */
export const member = { user: 'member', password: 'a test password' } as const;
/** bcrypt of that password. */
const passwordHash = '$2b$05$qpIh69GFt180tmTUqS8.hebzBKjSFOQ7n6MhjuQcX2uiKbAXqPoAS';

export interface RegistryOptions {
  /** A folder of the registry's own. */
  readonly folder: string;
  readonly auth?: 'password' | { readonly realm: string; readonly certificate: string };
  readonly tls?: Certificate;
}

export interface Registry {
  /** `127.0.0.1:port` */
  readonly host: string;
  stop(): Promise<void>;
}

/** Starts a registry and waits until it listens. */
export async function startRegistry({ folder, auth, tls }: RegistryOptions): Promise<Registry> {
  mkdirSync(folder, { recursive: true });
  const host = `127.0.0.1:${await freePort()}`;
  const passwords = join(folder, 'htpasswd');
  writeFileSync(passwords, `${member.user}:${passwordHash}\n`);
  const config = {
    version: 0.1,
    log: { level: 'error', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(folder, 'storage') } },
    http: { addr: host, ...(tls && { tls: { certificate: tls.certificate, key: tls.key } }) },
    ...(auth === 'password' && { auth: { htpasswd: { realm: 'test', path: passwords } } }),
    ...(typeof auth === 'object' && {
      auth: { token: { ...tokenNames, realm: auth.realm, rootcertbundle: auth.certificate } },
    }),
  };
  const file = join(folder, 'config.yml');
  // JSON is YAML.
  writeFileSync(file, JSON.stringify(config));
  const child = spawn('docker-registry', ['serve', file], { stdio: 'ignore' });
  await listening(host, child);
  return {
    host,
    stop: () =>
      new Promise((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null) return resolve();
        child.once('exit', () => resolve());
        child.kill('SIGKILL');
      }),
  };
}

async function freePort(): Promise<number> {
  const server = createListener();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function listening(host: string, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    if (child.exitCode !== null) break;
    const port = Number(host.split(':')[1]);
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true));
      socket.on('error', () => resolve(false)).on('connect', () => socket.destroy());
    });
    if (isOpen) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('docker-registry does not listen');
}

export interface Certificate {
  /** Paths. */
  readonly certificate: string;
  readonly key: string;
}

/** A certificate of this machine, signed by itself. */
export function makeCertificate(folder: string, name: string): Certificate {
  mkdirSync(folder, { recursive: true });
  const [certificate, key] = [join(folder, `${name}.crt`), join(folder, `${name}.key`)];
  const { status, stderr } = spawnSync('openssl', [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', `/CN=${name}`],
    ...[
      '-addext',
      'subjectAltName=IP:127.0.0.1,DNS:localhost',
      '-keyout',
      key,
      '-out',
      certificate,
    ],
  ]);
  if (status !== 0) throw new Error(`openssl failed: ${stderr}`);
  return { certificate, key };
}

const tokenNames = { service: 'test-service', issuer: 'test-issuer' };

export interface TokenServer {
  readonly realm: string;
  /** What was asked: method, scopes, and whose name was given. */
  readonly asked: {
    readonly method: string;
    readonly scopes: readonly string[];
    readonly user: string;
  }[];
  /** Every token that was given away. */
  readonly tokens: string[];
  close(): Promise<void>;
}

/** The long-lived token that stands for the member's password. */
export const identityToken = 'identity-of-the-member';

/** Gives signed tokens: to the member with what was asked for, to anybody else with nothing. */
export async function startTokenServer({ certificate, key }: Certificate): Promise<TokenServer> {
  const asked: TokenServer['asked'] = [];
  const tokens: string[] = [];
  const server: Server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const form = new URLSearchParams(Buffer.concat(pieces).toString());
      const url = new URL(request.url ?? '', 'http://x');
      const words = Buffer.from(
        (request.headers.authorization ?? '').slice(6),
        'base64',
      ).toString();
      const [user = '', password = ''] = words.split(':');
      const isKnown =
        request.method === 'POST'
          ? form.get('refresh_token') === identityToken
          : user === member.user && password === member.password;
      const scopes =
        request.method === 'POST'
          ? (form.get('scope') ?? '').split(' ')
          : url.searchParams.getAll('scope').flatMap((one) => one.split(' '));
      asked.push({ method: request.method ?? '', scopes, user });
      if (words !== '' && !isKnown) {
        response.writeHead(401).end('{"details":"incorrect username or password"}');
        return;
      }
      const token = signed(isKnown ? scopes : [], certificate, key);
      tokens.push(token);
      response.end(JSON.stringify({ token, access_token: token, expires_in: 300 }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    realm: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`,
    asked,
    tokens,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** A token as `distribution` reads them: a JWT with the certificate in its head. */
function signed(scopes: readonly string[], certificate: string, key: string): string {
  const pem = readFileSync(certificate, 'utf8');
  const x5c = [pem.replace(/-----[^-]+-----|\s/g, '')];
  const seconds = Math.floor(Date.now() / 1000);
  const access = scopes.flatMap((scope) => {
    const [type, name, actions = ''] = scope.split(':');
    return type === 'repository' ? [{ type, name, actions: actions.split(',') }] : [];
  });
  const claims = {
    iss: tokenNames.issuer,
    aud: tokenNames.service,
    sub: member.user,
    iat: seconds,
    nbf: seconds - 10,
    exp: seconds + 300,
    jti: randomUUID(),
    access,
  };
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${part({ alg: 'RS256', typ: 'JWT', x5c })}.${part(claims)}`;
  const signature = createSign('RSA-SHA256').update(text).sign(readFileSync(key));
  return `${text}.${signature.toString('base64url')}`;
}
