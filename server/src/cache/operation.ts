/**
 * What a step is, apart from what it stands on and what its sources hold: the parts of BuildKit's
 * operation digests (`solver/llbsolver/ops` exec.go and file.go, `dockerfile2llb`). Equal parts,
 * equal operations.
 */

import { baseName, resolveSource } from '../model/paths.ts';
import type {
  Plan,
  Platform,
  ResolvedCopy,
  ResolvedMount,
  ResolvedRun,
  Step,
} from '../model/plan.ts';
import { formatPlatform } from '../model/platform.ts';
import { absolutePath } from '../syntax/slashPaths.ts';
import { cacheNamespace, sandboxHostname, sourceDateEpoch } from './builderArguments.ts';
import { assignedSince, type EnvironmentDigests } from './environmentDigest.ts';
import type { Hash } from './hash.ts';
import type { KeyPart } from './keyedStep.ts';

export interface OperationInputs {
  readonly hash: Hash;
  readonly variables: EnvironmentDigests;
  readonly plan: Plan;
  /** Platform of the stage. */
  readonly platform: Platform;
  /** The environment of the RUN below in the same stage. */
  readonly before: ReadonlyMap<string, string> | null;
}

/**
 * The parts of a COPY, ADD, RUN or WORKDIR without its variables; none where BuildKit refuses the
 * instruction. All that they are made of stands in `textOf` of `operationMemory.ts`, too.
 */
export function ownParts(
  step: Step,
  inputs: Pick<OperationInputs, 'hash' | 'plan' | 'platform'>,
): readonly KeyPart[] {
  if (step.run) return runParts(step, step.run, inputs);
  if (step.copy) return copyParts(step.copy, inputs.hash);
  return step.workdir === null ? [] : workdirParts(step, step.workdir, inputs);
}

const noParts: readonly KeyPart[] = [];

/** What variables add to that, behind it. */
export function variableParts(
  step: Step,
  inputs: Pick<OperationInputs, 'variables' | 'before'>,
): readonly KeyPart[] {
  if (!step.run) return usedVariables(step, inputs);
  const { variables, before } = inputs;
  const parts: KeyPart[] = [{ kind: 'variable', name: '', digest: variables.whole(step.env) }];
  for (const name of assignedSince(step.env, before)) {
    const digest = variables.one(step.env, name);
    if (digest !== undefined) parts.push({ kind: 'variable', name, digest });
  }
  return parts;
}

/** Is it in the key? The others are there to tell causes. */
export function decides({ kind, name }: KeyPart): boolean {
  return kind !== 'base' && (kind !== 'variable' || name === '');
}

/** What parts add to a key, behind what the step stands on. */
export function keyText(parts: readonly KeyPart[]): string {
  let text = '';
  for (const part of parts) {
    if (!decides(part)) continue;
    const { kind, name, digest } = part;
    text += kind === 'content' ? `\n${digest}` : `\n${kind} ${name} ${digest}`;
  }
  return text;
}

/** Equal for steps that differ at most in what is below them and in what their sources hold. */
export function signatureOf(parts: readonly KeyPart[]): string {
  const known = signatures.get(parts);
  if (known !== undefined) return known;
  const signature = parts
    .filter((part) => decides(part) && part.kind !== 'content')
    .map(({ kind, name, digest }) => `${kind} ${name} ${digest}`)
    .join('\n');
  signatures.set(parts, signature);
  return signature;
}

/** Each is asked for again and again, of records at every edit. */
const signatures = new WeakMap<readonly KeyPart[], string>();

function workdirParts(
  step: Step,
  workdir: string,
  { hash, plan }: Pick<OperationInputs, 'hash' | 'plan'>,
): KeyPart[] {
  const { user } = step.config;
  const epoch = sourceDateEpoch(plan.options.buildArgs);
  return [
    { kind: 'instruction', name: '', digest: hash('mkdir') },
    { kind: 'destination', name: '', digest: hash(absolutePath(workdir)) },
    ...(user === '' ? [] : [{ kind: 'user', name: '', digest: hash(ownerText(user)) } as const]),
    // BuildKit makes the folder with that time.
    ...(epoch === null
      ? []
      : [{ kind: 'option', name: 'SOURCE_DATE_EPOCH', digest: hash(epoch) } as const]),
  ];
}

/** `root` is 0, numbers are numbers; `u` and `u:g` stay apart (`llb.WithUser`). */
function ownerText(owner: string): string {
  const colon = owner.indexOf(':');
  const parts = colon < 0 ? [owner] : [owner.slice(0, colon), owner.slice(colon + 1)];
  const texts = parts.map((part) => {
    if (part === 'root') return '0';
    return /^[+-]?\d{1,10}$/.test(part) ? String(Number(part)) : `name ${part}`;
  });
  return texts.join(':');
}

function copyParts(copy: ResolvedCopy, hash: Hash): KeyPart[] {
  const parts: KeyPart[] = [{ kind: 'instruction', name: '', digest: hash('copy') }];
  const add = (kind: KeyPart['kind'], name: string, value: unknown) =>
    parts.push({ kind, name, digest: hash(JSON.stringify(value)) });
  for (const source of copy.sources) add('source', '', sourceParts(copy, source));
  for (const { kind, reference } of copy.remotes) {
    add('source', '', kind === 'git' ? ['git'] : ['url', urlName(reference)]);
  }
  for (const { name, content } of copy.files) add('heredoc', name, [name, content]);
  add('destination', '', copy.dotted ? `${copy.dest}.` : copy.dest);
  if (copy.chown !== null) add('owner', '', ownerText(copy.chown));
  if (copy.chmod !== null) add('mode', '', modeText(copy.chmod));
  if (copy.exclude.length > 0) add('option', 'exclude', copy.exclude);
  const unpacks = copy.unpack ?? copy.add;
  if (copy.sources.length > 0 && unpacks) add('option', 'unpack', true);
  if (copy.remotes.length > 0 && copy.unpack) add('option', 'unpack download', true);
  return parts;
}

/** What of a path is in the operation: its last part; with `--parents` the pattern below the pivot. */
function sourceParts({ parents }: ResolvedCopy, source: string): readonly unknown[] {
  if (!parents) return [baseName(resolveSource(source))];
  const pivot = source.indexOf('/./');
  const src = pivot < 0 ? '/' : resolveSource(source.slice(0, pivot));
  const pattern = resolveSource(pivot < 0 ? source : source.slice(pivot + 3));
  const isWild = /[*?[]/.test(src + pattern);
  return [baseName(src), pattern.slice(1), isWild ? [] : [resolveSource(`${src}/${pattern}`)]];
}

/** The name under which BuildKit stores a download (`dispatchCopy`). */
function urlName(url: string): string {
  const path = /^https?:\/\/[^/?#]*([^?#]*)/i.exec(url)?.[1] ?? '';
  const base = baseName(path);
  return base === '.' || base === '/' ? '__unnamed__' : base;
}

function modeText(chmod: string): string | number {
  return /^[0-7]+$/.test(chmod) ? Number.parseInt(chmod, 8) : chmod;
}

function runParts(
  step: Step,
  run: ResolvedRun,
  { hash, platform, plan }: Pick<OperationInputs, 'hash' | 'plan' | 'platform'>,
): readonly KeyPart[] {
  const { command } = step;
  const parts: KeyPart[] = [];
  const add = (kind: KeyPart['kind'], name: string, value: unknown) =>
    parts.push({ kind, name, digest: hash(JSON.stringify(value)) });
  parts.push({ kind: 'instruction', name: '', digest: hash('exec') });
  add('command', '', run.argv);
  add('directory', '', run.cwd);
  if (run.user !== '') add('user', '', run.user);
  add('platform', '', formatPlatform(platform));
  const hostname = sandboxHostname(plan.options.buildArgs);
  if (hostname !== null) add('option', 'hostname', hostname);
  if (run.network !== 'default') add('network', '', run.network);
  // The instruction's own network goes before that of the build.
  const flags = (plan.options.flags?.run ?? []).filter(
    (flag) => run.network === 'default' || !flag.startsWith('--network='),
  );
  if (flags.length > 0) add('option', 'flags', flags);
  if (run.security !== 'sandbox') add('option', 'security', run.security);
  if (command.kind === 'run' && command.devices.length > 0) {
    add('option', 'device', command.devices);
  }
  if (run.program != null && run.mounts[0]?.target === programFolder) {
    // Older builders look for the program before they take the tabs away.
    const [body] = command.kind === 'run' ? command.heredocs : [];
    const isPlain = body?.content.startsWith('#!') ?? true;
    add('heredoc', '', isPlain ? run.program : ['behind tabs', run.program]);
  }
  for (const [target, value] of mountParts(run, plan)) add('mount', target, value);
  return parts;
}

/** Where BuildKit puts a heredoc that is run as a program. */
const programFolder = '/dev/pipes/';

/** Mounts of files in the order of their targets, then secrets, then agents (`llb` ExecOp.Marshal). */
function mountParts(run: ResolvedRun, plan: Plan): readonly (readonly [string, unknown])[] {
  const namespace = cacheNamespace(plan.options.buildArgs);
  const origins = new Map<string, number>();
  const inputOf = (mount: ResolvedMount): number | null => {
    if (mount.type === 'tmpfs' || (mount.type === 'cache' && !hasSource(mount))) return null;
    const origin = JSON.stringify([mount.origin, mount.type === 'cache' && isMade(mount)]);
    const known = origins.get(origin);
    if (known !== undefined) return known;
    origins.set(origin, origins.size + 1);
    return origins.size;
  };
  const files = run.mounts
    .filter(({ type }) => type !== 'secret' && type !== 'ssh')
    .sort((a, b) => (a.target === b.target ? 0 : a.target < b.target ? -1 : 1));
  const parts: (readonly [string, unknown])[] = files.map((mount) => [
    mount.target,
    [
      mount.type,
      mount.target,
      mount.readonly,
      inputOf(mount),
      mount.type === 'cache' ? cacheText(mount, namespace) : null,
      mount.sizeLimit,
    ],
  ]);
  for (const { type, target, id, env, uid, gid, mode, required } of run.mounts) {
    if (type !== 'secret') continue;
    if (env !== null) parts.push([target || id, ['secret', id, env, !required]]);
    if (target === '') continue;
    parts.push([target, ['secret', id, target, uid ?? 0, gid ?? 0, mode ?? 0o400, !required]]);
  }
  const agents = run.mounts.filter(({ type }) => type === 'ssh');
  for (const [index, { target, id, uid, gid, mode, required }] of agents.entries()) {
    const socket = target || `/run/buildkit/ssh_agent.${index}`;
    parts.push([socket, ['ssh', id, socket, uid ?? 0, gid ?? 0, mode ?? 0o600, !required]]);
  }
  return parts;
}

/** A cache mount starts empty, with the files of `from`, or as a folder of the given owner and mode. */
function hasSource(mount: ResolvedMount): boolean {
  return mount.origin !== null || isMade(mount);
}

/** BuildKit makes a folder for it first, and only where no `source` is given (`setCacheUIDGID`). */
export function isMade({ type, source, uid, gid, mode }: ResolvedMount): boolean {
  return type === 'cache' && source === '/' && (uid !== null || gid !== null || mode !== null);
}

/**
 * Name and sharing of a cache count only where both are the default; else they are left out, so that
 * a cache can be renamed (`checkShouldClearCacheOpts`).
 */
function cacheText({ id, target, sharing }: ResolvedMount, namespace: string): string {
  const whole = `${namespace}/${id}`;
  const afterSlash = whole.slice(whole.indexOf('/') + 1);
  return sharing === 'shared' && (whole === target || afterSlash === target) ? whole : '';
}

/** Digests of the variables that the text names; their values are in the other parts. */
function usedVariables(
  step: Step,
  { variables }: Pick<OperationInputs, 'variables'>,
): readonly KeyPart[] {
  const { joined, heredocs } = step.instruction;
  const texts = [joined.text, ...heredocs.filter(({ expand }) => expand).map((h) => h.content)];
  if (!texts.some((text) => text.includes('$'))) return noParts;
  const names = new Set<string>();
  for (const text of texts) {
    for (const [, name = ''] of text.matchAll(/\$\{?([A-Za-z_]\w*)/g)) names.add(name);
  }
  return [...names].slice(0, 100).flatMap((name): readonly KeyPart[] => {
    const digest = variables.one(step.env, name);
    return digest === undefined ? [] : [{ kind: 'variable', name, digest }];
  });
}
