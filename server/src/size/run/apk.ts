/**
 * Alpine's `apk`. An index declares what a package installs in bytes: exact since packages are made
 * with apk-tools 3 (3.23), before that each file is rounded up to 4 KiB, which counted 11 % too much
 * on the base image (SIZES section 4).
 */

import type { PackageIndex } from '../../packages/packageIndex.ts';
import { readable, unknownPart } from '../../shell/shellTree.ts';
import { unknown } from '../size.ts';
import { about, unknownAt } from './contributions.ts';
import type { Draft, Handler } from './draft.ts';
import {
  begin,
  indexOf,
  install,
  installedNow,
  type PackageSet,
  packagesPath,
  type Rules,
  reduce,
  unreadNames,
  writeUnknown,
} from './indexed.ts';
import { readOperands } from './operands.ts';

const withValue =
  '-t --virtual -X --repository -p --root --arch --keys-dir --cache-dir --repositories-file --wait --progress-fd --cache-max-age --timeout';

/** Where apk keeps the indexes that it fetched. */
const cache = '/var/cache/apk/APKINDEX.tar.gz';

const rules: Rules = {
  recommended: 'together',
  band(bytes, { key }) {
    const minor = Number(/^v?3\.(\d+)$/.exec(key.suite)?.[1] ?? Number.POSITIVE_INFINITY);
    const slack = (share: number) => Math.max(share * bytes, 500_000);
    const low = Math.max(0, Math.round(bytes - slack(minor >= 23 ? 0.05 : 0.15)));
    return { low, high: Math.round(bytes + slack(0.05)) };
  },
  doubt: ', not measured by us.',
};

/** By the name of the program. */
export const apkHandlers: ReadonlyMap<string, Handler> = new Map<string, Handler>([['apk', apk]]);

function apk(command: Parameters<Handler>[0], draft: Draft): void {
  const { options, values, operands } = readOperands(command.words, withValue);
  const [verb, ...names] = operands;
  if (options.has('-s') || options.has('--simulate')) return;
  const elsewhere = options.has('-p') || options.has('--root');
  const label = `apk ${readable(verb ?? '')}`.trim();
  switch (verb) {
    case 'add':
      if (elsewhere) {
        draft.write(unknownAt(values.get('--root') ?? values.get('-p') ?? null, label, ofRoot));
        return;
      }
      if (options.has('-X') || options.has('--repository')) {
        draft.state = { ...draft.state, foreignSources: true };
      }
      add(draft, names, values.get('-t') ?? values.get('--virtual') ?? null);
      if (!options.has('--no-cache') && names.length > 0) keepIndex(draft);
      return;
    case 'del':
      if (!elsewhere) remove(draft, names);
      return;
    case 'update':
      if (!options.has('--no-cache')) keepIndex(draft);
      return;
    case 'upgrade':
    case 'fix':
      draft.write(unknownAt(null, label, ofUpgrade));
      if (!options.has('--no-cache')) keepIndex(draft);
      return;
    case 'fetch':
    case 'cache':
      if (names[0] === 'clean' || names[0] === 'purge') draft.remove(cache);
      else draft.write(unknownAt(command.cwd, label, `What \`${label}\` fetches is not known.`));
      return;
    default:
      // The others only tell something: info, search, list, policy, audit, version, stats …
      if (verb?.includes(unknownPart)) draft.write(unknownAt(null, 'apk', ofWords));
  }
}

const ofRoot = 'Packages that are installed into a folder of their own are not counted.';
const ofUpgrade =
  'Which packages an upgrade replaces depends on the age of the base image, which is not known.';
const ofWords = 'What apk does here hangs on a value that only a build knows.';

/** A file, an address, or a name of another repository: nothing that the index could tell of. */
const foreign = /[/@]|\.apk$/;

function add(draft: Draft, words: readonly string[], group: string | null): void {
  const names: string[] = [];
  for (const word of words) {
    const name = /^[^=<>~]+/.exec(word)?.[0] ?? '';
    if (word.includes(unknownPart)) draft.write(unknownAt(null, 'packages', unreadNames));
    else if (foreign.test(name)) {
      const reason = `\`${readable(word)}\` comes from outside the package index.`;
      draft.write(unknownAt(null, `package ${readable(word)}`, reason));
    } else if (!word.startsWith('!') && name !== '') names.push(name);
  }
  if (names.length === 0 && group === null) return;
  withPackages(draft, `packages: ${names.slice(0, 3).join(', ')}`, (index, now) => {
    const manual = group === null ? new Set([...now.manual, ...names]) : now.manual;
    const groups = group === null ? now.groups : new Map([...now.groups, [group, names]]);
    install(draft, index, rules, { manual, groups });
  });
}

/** Takes names back; what nothing needs any more goes with them. */
function remove(draft: Draft, words: readonly string[]): void {
  if (words.length === 0) return;
  if (words.some((word) => word.includes(unknownPart))) {
    draft.removeSome(packagesPath);
    return;
  }
  const fact = indexOf(draft, 'apk');
  if (fact.state !== 'known') {
    // What was installed has no figure either, and what of that goes is not known.
    draft.removeSome(packagesPath);
    return;
  }
  withPackages(draft, 'packages', (index, now) => {
    const gone = new Set(words);
    const manual = new Set([...now.manual].filter((name) => !gone.has(name)));
    const groups = new Map([...now.groups].filter(([name]) => !gone.has(name)));
    reduce(draft, index, rules, { manual, groups });
  });
}

function withPackages(
  draft: Draft,
  label: string,
  run: (index: PackageIndex, now: PackageSet) => void,
): void {
  const fact = indexOf(draft, 'apk');
  if (fact.state !== 'known') {
    writeUnknown(draft, packagesPath, label, fact);
    return;
  }
  const now = installedNow(fact.value, draft.state);
  if (!now) {
    const { packagesReason } = draft.state;
    writeUnknown(draft, packagesPath, label, { state: 'unavailable', reason: packagesReason });
    return;
  }
  begin(draft, now);
  run(fact.value, now);
}

/** The index that apk fetches stays, unless it is told not to keep it. */
function keepIndex(draft: Draft): void {
  if (draft.state.stored.some(({ path }) => path === cache)) return;
  const fact = indexOf(draft, 'apk');
  const bytes = fact.state === 'known' ? fact.value.lists : null;
  const size =
    bytes === null
      ? unknown('How big the package index is that apk keeps in /var/cache/apk is not known.')
      : about(
          bytes,
          Math.round(bytes * 0.9),
          Math.round(bytes * 1.1),
          'apk keeps the package index.',
        );
  draft.write({ path: cache, size, label: 'package index', kind: 'lists', isFile: true });
}
