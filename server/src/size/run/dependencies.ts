/** Figures for packages of a lock file that an install puts on the disk (SIZES section 5). */

import { harmlessScript, writesElsewhere } from '../../projects/installScripts.ts';
import type { JavaScriptLock, LockedPackage } from '../../projects/projectFacts.ts';
import { type Size, unknown } from '../size.ts';

/** Measured on 36 installs: unpacked sizes are within 0.14 % of what lies on the disk. */
const unpackedBand = { low: 0.99, high: 1.01 };
/** Unpacked bytes per byte of the package file, and its band (SIZES sections 5 and 9). */
/** Programs of one platform are packed less well: esbuild 2.3, Next's compiler 2.7, in November 2026. */
const perProgram = 2.5 / 4.3;
const perArchive = { bytes: 4.3, low: 4.3 * 0.85, high: 4.3 * 1.3 };

const wayOut =
  'An install on this machine makes them known, and so does asking the registry (*Ask for Download Sizes*, `--ask-downloads`).';

/** The figure of an install, its own record included; `what` names the packages: `of package-lock.json`. */
export function dependencySize(lock: JavaScriptLock, packages: readonly LockedPackage[]): Size {
  let bytes = 0;
  let guessed = 0;
  let missing = 0;
  const counts = { installed: 0, cache: 0, registry: 0 };
  let records = lock.ownBytes;
  for (const { unpacked, archive, source, recordBytes, os, cpu } of packages) {
    records += recordBytes;
    if (unpacked !== null) {
      bytes += unpacked;
      if (source) counts[source] += 1;
    } else if (archive !== null) guessed += archive * (os.length + cpu.length > 0 ? perProgram : 1);
    else missing += 1;
  }
  const known = packages.length - missing;
  if (packages.length > 0 && known === 0) {
    return unknown(
      `The unpacked sizes of the ${count(packages.length, 'package')} that ${lock.path} lists for this platform are not known here. ${wayOut}`,
    );
  }
  // Without packages there is no folder for the record.
  const exact = packages.length === 0 ? 0 : bytes + records;
  const from = [
    counts.installed > 0 && `${counts.installed} from node_modules beside the lock file`,
    counts.cache > 0 && `${counts.cache} from npm\u2019s cache`,
    counts.registry > 0 && `${counts.registry} from the registry`,
  ].filter((part) => part !== false);
  const sources = from.length > 0 ? `: ${from.join(', ')}` : '';
  const sentences = [
    `The unpacked sizes of ${count(known, 'package')} that ${lock.path} lists for this platform${sources}.`,
  ];
  if (guessed > 0)
    sentences.push(
      'Where only the package file is known, 4.3 times its size is taken, 2.5 times for programs of one platform.',
    );
  if (missing > 0) sentences.push(`Of ${count(missing, 'package')} no size is known. ${wayOut}`);
  if (lock.unread !== null) sentences.push(lock.unread);
  return {
    basis: 'estimated',
    bytes: Math.round(exact + guessed * perArchive.bytes),
    low: Math.floor(exact * unpackedBand.low + guessed * perArchive.low),
    high: Math.ceil(exact * unpackedBand.high + guessed * perArchive.high),
    atLeast: missing > 0 || lock.unread !== null,
    reason: sentences.join(' '),
  };
}

/** Bytes of the package files; `isWhole`: all of them are known, else some follow from unpacked bytes. */
export function archiveBytes(packages: readonly LockedPackage[]): {
  readonly bytes: number;
  readonly low: number;
  readonly high: number;
  readonly missing: number;
} {
  let exact = 0;
  let derived = 0;
  let missing = 0;
  for (const { archive, unpacked } of packages) {
    if (archive !== null) exact += archive;
    else if (unpacked !== null) derived += unpacked;
    else missing += 1;
  }
  // SIZES section 5: package files are 0.24 of node_modules, in a tenth of the projects below 0.18.
  return {
    bytes: exact + derived * 0.24,
    low: exact + derived * 0.16,
    high: exact + derived * 0.34,
    missing,
  };
}

/** Packages whose install scripts may compile or download; what is installed here already tells it. */
export function scripted(packages: readonly LockedPackage[]): readonly string[] {
  const names = packages
    .filter(
      ({ name, version, hasInstallScript, source }) =>
        hasInstallScript &&
        harmlessScript(name, version) === null &&
        (source !== 'installed' || writesElsewhere(name)),
    )
    .map(({ name }) => name);
  return [...new Set(names)];
}

/** Some names for a sentence, the rest as a number. */
export function some(names: readonly string[], most = 3): string {
  const shown = names.slice(0, most).join(', ');
  return names.length > most ? `${shown} and ${names.length - most} more` : shown;
}

/** `1 package`, `2 packages`. */
export function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
