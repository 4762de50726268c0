/** Texts of history entries as they are kept: short, alike from build to build, without values of arguments. */

/** Characters that are kept of a text, from its start and from its end. */
const head = 160;
const tail = 38;

/**
 * The text of an entry to remember. Values of build arguments are left out (`RUN |1 TOKEN=… /bin/sh`),
 * and so are credentials in addresses and digests of copied files (`COPY file:…`, of the legacy
 * builder and Podman), which change with every build. `argv`: what the step runs, when it is known.
 */
export function rememberedText(createdBy: string, argv: readonly string[] | null): string {
  const text = withoutArguments(createdBy, argv)
    .replace(/(?<=:\/\/)[^\s/@]*@/g, '')
    // An address may carry a token behind its path.
    .replace(/\S+/g, (word) => (word.includes('://') ? (word.split('?', 1)[0] ?? '') : word))
    .replace(/\b(file|dir|multi):[\da-f]{64}\b/g, '$1');
  return shortened(text);
}

/** The kept text for people: the instruction without what builders put around it. */
export function readableText(text: string): string {
  return text
    .replace(/ # buildkit$/, '')
    .replace(/^\/bin\/sh -c #\(nop\) +/, '')
    .replace(/^(RUN )?(?:\|\d+ )?\/bin\/sh -c /, 'RUN ')
    .replace(/^RUN \|\d+ /, 'RUN ')
    .replace(/\s+/g, ' ')
    .trim();
}

/** Where a shell begins whose arguments may stand before it. */
const shells =
  / (?:(?:\/usr)?\/bin\/(?:ba|a|da|z|k)?sh|\/busybox\/sh|cmd|powershell|pwsh)(?:\.exe)? (?=[-/])/i;

function withoutArguments(createdBy: string, argv: readonly string[] | null): string {
  const counted = /^(RUN )?\|\d+ /.exec(createdBy);
  if (!counted) return createdBy;
  const start = counted[0];
  const mark = createdBy.endsWith(' # buildkit') ? ' # buildkit' : '';
  const run = argv === null ? null : ` ${argv.join(' ')}${mark}`;
  if (run !== null && createdBy.endsWith(run)) return `${start}${run.slice(1)}`;
  const shell = shells.exec(createdBy);
  // Without a shell nothing tells where values end.
  return shell ? `${start}${createdBy.slice(shell.index + 1)}` : start.trimEnd();
}

function shortened(text: string): string {
  if (text.length <= head + tail) return text;
  // No half of a character is kept.
  const start = text.slice(0, head).replace(/[\ud800-\udbff]$/, '');
  const end = text.slice(-tail).replace(/^[\udc00-\udfff]/, '');
  return `${start} … ${end}`;
}
