/**
 * Programs that fetch files. How big a download is nobody knows offline; its length counts where the
 * user asked for it, and what the same RUN removes again does not count (SIZES section 7).
 */

import type { ShellCommand } from '../../shell/commands.ts';
import { readable, unknownPart } from '../../shell/shellTree.ts';
import { type Size, unknown } from '../size.ts';
import { tiny, unknownAt } from './contributions.ts';
import type { Draft, Handler, SizeFacts } from './draft.ts';
import { lastName, placeOf, readOperands } from './operands.ts';

/** The length of what an address names, where the user asked for it. */
export function downloadSize(address: string, facts: SizeFacts): Size {
  const length = facts.download(address);
  const fetched = `How big ${address} is shows only when it is fetched.`;
  if (length.state === 'pending') return { ...unknown(fetched), pending: true };
  if (length.state === 'unavailable') return unknown(`${fetched} ${length.reason}`.trim());
  const bytes = length.value;
  const reason = `The server says how long ${address} is.`;
  return { basis: 'measured', bytes, low: bytes, high: bytes, atLeast: false, reason };
}

function writeDownload(address: string, place: string | null, program: string, draft: Draft): void {
  const isKnown = !address.includes(unknownPart);
  draft.write({
    path: place ?? '/',
    size: isKnown
      ? downloadSize(address, draft.world.facts)
      : unknown(`How big what \`${program}\` fetches is shows only then.`),
    label: isKnown ? `download of ${nameIn(address) || address}` : program,
    kind: 'files',
    isFile: true,
    ...(isKnown && /^https?:/i.test(address) && { address }),
  });
}

/** The file's name at the end of an address, without query and fragment. */
function nameIn(address: string): string {
  const path = address.replace(/^[a-z][a-z0-9+.-]*:\/\//i, '').replace(/[?#].*$/, '');
  return path.includes('/') ? path.slice(path.lastIndexOf('/') + 1) : '';
}

function isAddress(word: string): boolean {
  return (
    /^(https?|ftps?):\/\//i.test(word) ||
    /^[\w-]+(\.[\w-]+)+\//.test(word) ||
    word.includes(unknownPart)
  );
}

const curlValues =
  '-o --output -H --header -d --data --data-raw --data-binary -A --user-agent -u --user -x --proxy -X --request ' +
  '-e --referer -b --cookie -c --cookie-jar -F --form -T --upload-file -m --max-time -w --write-out -r --range ' +
  '-K --config -C --continue-at -D --dump-header -E --cert --key --cacert --capath --retry --retry-delay ' +
  '--retry-max-time --connect-timeout --proto --proto-default --proto-redir --url --output-dir --resolve --limit-rate ' +
  '--max-redirs --interface --ciphers --socks5 --noproxy -t -Q -y -Y -z';

const curl: Handler = (command, draft) => {
  const { options, operands, values } = readOperands(command.words, curlValues);
  const folder = values.get('--output-dir') ?? '.';
  const addresses = [...operands, ...(values.has('--url') ? [values.get('--url') as string] : [])];
  // Several -o each belong to one address; the reader keeps the last, so the first ones are looked up.
  const names = valuesOf(command.words, /^(-[a-zA-Z]*o|--output)$/, /^--output=(.*)$/s);
  const byName =
    options.has('-O') || options.has('--remote-name') || options.has('--remote-name-all');
  for (const [index, address] of addresses.entries()) {
    const name = names[index];
    if (name === '-' || (name === undefined && !byName)) {
      toFile(address, command, draft, 'curl');
      continue;
    }
    const written = name ?? nameIn(address);
    const path = written.startsWith('/') ? written : `${folder}/${written}`;
    writeDownload(address, placeOf(path, command), 'curl', draft);
  }
};

/** Values of an option that may stand several times; an option in a bundle takes the next word. */
function valuesOf(words: readonly string[], short: RegExp, long: RegExp): readonly string[] {
  const found: string[] = [];
  for (let at = 1; at < words.length; at++) {
    const word = words[at] as string;
    const inline = long.exec(word)?.[1];
    if (inline !== undefined) found.push(inline);
    else if (short.test(word)) found.push(words[++at] ?? '');
    else if (/^-o./.test(word)) found.push(word.slice(2));
  }
  return found;
}

/** Printed: into the file that the shell opened, or nowhere. */
function toFile(address: string, command: ShellCommand, draft: Draft, program: string): void {
  for (const { path, from } of command.outputs) {
    if (from !== '2') writeDownload(address, path, program, draft);
  }
}

const wgetValues =
  '-O --output-document -P --directory-prefix -o --output-file -a --append-output -t --tries -T --timeout -U ' +
  '--user-agent -e --execute -i --input-file -w --wait --header --user --password --ca-certificate --certificate ' +
  '--private-key --retry-connrefused-time --waitretry --read-timeout --dns-timeout --connect-timeout -Q -l --level ' +
  '-A -R -D -I -X --post-data --post-file --method --body-data --secure-protocol --limit-rate --load-cookies --save-cookies --progress';

const wget: Handler = (command, draft) => {
  const { options, operands, values } = readOperands(command.words, wgetValues);
  const named = values.get('-O') ?? values.get('--output-document');
  const folder = values.get('-P') ?? values.get('--directory-prefix') ?? '.';
  const isTree = ['-r', '-m', '-p', '--recursive', '--mirror', '-i', '--input-file'].some(
    (option) => options.has(option),
  );
  if (options.has('--spider')) return;
  if (isTree) {
    draft.write(
      unknownAt(placeOf(folder, command), 'wget', 'How much `wget` fetches shows only then.'),
    );
    return;
  }
  for (const address of operands) {
    if (named === '-') toFile(address, command, draft, 'wget');
    else {
      const path = named ?? `${folder}/${nameIn(address) || 'index.html'}`;
      writeDownload(address, placeOf(path, command), 'wget', draft);
    }
  }
};

const aria2c: Handler = (command, draft) => {
  const { operands, values } = readOperands(
    command.words,
    '-o --out -d --dir -x -s -j -k -m -t --checksum --header',
  );
  const folder = values.get('-d') ?? values.get('--dir') ?? '.';
  for (const address of operands.filter(isAddress)) {
    const name = values.get('-o') ?? values.get('--out') ?? nameIn(address);
    writeDownload(address, placeOf(`${folder}/${name}`, command), 'aria2c', draft);
  }
};

/** Git: only what it fetches is much. */
const git: Handler = (command, draft) => {
  const [first = '', ...rest] = command.words.slice(1).filter((word, at, all) => {
    const before = all[at - 1];
    return !/^(-C|-c)$/.test(word) && !(before && /^(-C|-c)$/.test(before));
  });
  const quiet =
    /^(config|status|log|rev-parse|describe|diff|show|branch|tag|remote|ls-remote|ls-files|init|help|var|--version|version|check-ignore|symbolic-ref|name-rev)$/;
  if (quiet.test(first)) {
    if (first === 'init')
      draft.write(tiny(placeOf('.git', command) ?? '/', 20_000, 60_000, 'git init'));
    if (first === 'config') draft.write(tiny('/root/.gitconfig', 100, 4096, 'git config'));
    if (command.outputs.length > 0) {
      draft.write(tiny(command.outputs[0]?.path ?? '/', 100, 60_000, `git ${first}`));
    }
    return;
  }
  if (first !== 'clone') {
    draft.write(
      unknownAt(
        placeOf('.', command),
        `git ${readable(first)}`,
        `What \`git ${readable(first)}\` writes is known only when it runs.`,
      ),
    );
    return;
  }
  const { operands } = readOperands(
    ['clone', ...rest],
    '-b --branch --depth -o --origin -u -c --config --reference -j --jobs --template --shallow-since --filter',
  );
  const [address = '', folder] = operands;
  const name = folder ?? lastName(`/${address}`).replace(/\.git$/, '');
  const shown = address.includes(unknownPart) ? 'the repository' : address;
  draft.write(
    unknownAt(
      placeOf(name, command),
      `git clone`,
      `How big ${shown} is shows only when it is fetched.`,
    ),
  );
};

/** By the name of the program. */
export const downloadHandlers: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ['curl', curl],
  ['wget', wget],
  ['aria2c', aria2c],
  ['git', git],
]);
