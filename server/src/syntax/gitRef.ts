/**
 * Which sources of ADD are git repositories, and which are downloads (BuildKit
 * `dfgitutil/git_ref.go`, `util/gitutil/git_url.go`, `util/sshutil/scpurl.go`).
 */

import { goBool, goQuote } from './goText.ts';
import { parseUrl, pathUnder, readQuery } from './url.ts';

export interface GitRef {
  /** What git is called with. */
  readonly remote: string;
  /** Folder name of the repository. */
  readonly shortName: string;
  /** Commit, tag or branch; '' when not given. */
  readonly ref: string;
  readonly checksum: string;
  /** Folder in the repository; '' for all of it. */
  readonly subdir: string;
  /** `github.com/…` without a scheme: a local path for ADD. */
  readonly likeLocalPath: boolean;
  /** http or git: not encrypted. */
  readonly unencrypted: boolean;
  /** null: not said. */
  readonly keepGitDir: boolean | null;
  readonly submodules: boolean | null;
  readonly mtime: string;
  readonly fetchByCommit: boolean;
}

export type GitReading =
  | { readonly git: true; readonly ref: GitRef }
  /** A git reference that BuildKit refuses; a hard error. */
  | { readonly git: true; readonly ref: null; readonly error: string }
  /** Something else; `error` is BuildKit's reason, which no user sees. */
  | { readonly git: false; readonly error: string };

/** Surely neither a git reference nor a URL; nearly all sources end here. */
export function isPlainPath(source: string): boolean {
  return !source.includes(':') && !source.startsWith('github.com/');
}

/** Reads a source of ADD or COPY, or a build context. */
export function readGitRef(source: string): GitReading {
  if (source.startsWith('./') || source.startsWith('../')) return notGit('invalid argument');
  const local = source.startsWith('github.com/');
  const remote = local ? fromUrl(`https://${source}`) : readRemote(source);
  if (typeof remote === 'string') return notGit(remote);
  const web = remote.scheme === 'http' || remote.scheme === 'https';
  if (!local && web && !remote.path.endsWith('.git')) return notGit('invalid argument');
  const name = local ? remote.remote.slice('https://'.length) : remote.remote;
  const start: GitRef = {
    remote: name,
    shortName: (name.split('/').at(-1) ?? '').replace(/\.git$/, ''),
    ref: remote.ref,
    checksum: '',
    subdir: remote.subdir,
    likeLocalPath: local,
    unencrypted: remote.scheme === 'http' || remote.scheme === 'git',
    keepGitDir: null,
    submodules: null,
    mtime: '',
    fetchByCommit: false,
  };
  const ref = applyQuery(start, remote.query);
  return typeof ref === 'string' ? { git: true, ref: null, error: ref } : { git: true, ref };
}

/** BuildKit's isGitSource: a git reference without a mistake. */
export function isGitSource(source: string): boolean {
  const reading = readGitRef(source);
  return reading.git && reading.ref !== null;
}

/** BuildKit's isHTTPSource: a file that ADD downloads. */
export function isHttpSource(source: string): boolean {
  return /^https?:\/\//.test(source) && !isGitSource(source);
}

function notGit(error: string): GitReading {
  return { git: false, error };
}

type Query = ReadonlyMap<string, readonly string[]>;

interface Remote {
  readonly scheme: string;
  readonly path: string;
  readonly remote: string;
  readonly ref: string;
  readonly subdir: string;
  readonly query: Query;
}

function readRemote(source: string): Remote | string {
  const scheme = /^([a-zA-Z0-9]+):\/\//.exec(source)?.[1]?.toLowerCase();
  if (scheme === undefined) return fromScp(source) ?? 'unknown protocol';
  if (!['http', 'https', 'ssh', 'git'].includes(scheme)) return `${scheme}: invalid protocol`;
  return fromUrl(source);
}

function fromUrl(text: string): Remote | string {
  const url = parseUrl(text);
  if (!url) return 'invalid URL';
  const { scheme, path, plain, query, fragment } = url;
  return { scheme, path, remote: plain, query, ...refOf(fragment) };
}

/** `user@host:path?query#ref`. */
function fromScp(text: string): Remote | null {
  const match = /^([\w-]+)@([a-zA-Z0-9.-]+):([^?#\n]*)(?:\?([^#\n]*))?(?:#([^\n]*))?$/.exec(text);
  if (!match) return null;
  const [, user = '', host = '', path = '', query = '', fragment = ''] = match;
  const values = readQuery(query);
  if (values.broken) return null;
  const remote = `${user}@${host}:${path}`;
  return { scheme: 'ssh', path, remote, query: values.query, ...refOf(fragment) };
}

function refOf(fragment: string): { readonly ref: string; readonly subdir: string } {
  const colon = fragment.indexOf(':');
  if (colon < 0) return { ref: fragment, subdir: '' };
  return { ref: fragment.slice(0, colon), subdir: pathUnder(fragment.slice(colon + 1)) };
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** The reference with its query applied, or BuildKit's error. */
function applyQuery(start: GitRef, query: Query): GitRef | string {
  const ref: Mutable<GitRef> = { ...start };
  let tag = '';
  let branch = '';
  for (const [key, values] of query) {
    if (values.length > 1) return `query ${goQuote(key)} has multiple values`;
    const value = values[0] ?? '';
    const flag = key === 'submodules' || key === 'keep-git-dir' || key === 'fetch-by-commit';
    if (!value && !flag) return `query ${goQuote(key)} has no value`;
    const truth = value ? goBool(value) : true;
    if (flag && truth === undefined) return `invalid ${key} value: ${goQuote(value)}`;
    if (key === 'ref') {
      if (ref.ref && ref.ref !== value) return conflict('ref', ref.ref, value);
      ref.ref = value;
    } else if (key === 'subdir') {
      if (ref.subdir && ref.subdir !== value) return conflict('subdir', ref.subdir, value);
      ref.subdir = value;
    } else if (key === 'tag') tag = value;
    else if (key === 'branch') branch = value;
    else if (key === 'checksum' || key === 'commit') ref.checksum = value;
    else if (key === 'keep-git-dir') ref.keepGitDir = truth ?? null;
    else if (key === 'submodules') ref.submodules = truth ?? null;
    else if (key === 'fetch-by-commit') ref.fetchByCommit = truth ?? false;
    else if (key !== 'mtime') return `unexpected query ${goQuote(key)}`;
    else if (value === 'checkout' || value === 'commit') ref.mtime = value;
    else return `invalid mtime value: ${goQuote(value)} (must be "checkout" or "commit")`;
  }
  const named = [prefixed('refs/tags/', tag), prefixed('refs/heads/', branch)];
  for (const [index, name] of named.entries()) {
    if (!name) continue;
    if (index === 1 && tag) return 'branch conflicts with tag';
    if (ref.ref && ref.ref !== name) return conflict('ref', ref.ref, name);
    ref.ref = name;
  }
  return ref;
}

function conflict(what: string, one: string, other: string): string {
  return `${what} conflicts: ${goQuote(one)} vs ${goQuote(other)}`;
}

function prefixed(prefix: string, name: string): string {
  return !name || name.startsWith(prefix) ? name : prefix + name;
}
