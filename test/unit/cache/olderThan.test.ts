import assert from 'node:assert/strict';
import { cleanSteps, filesBefore } from '../../../server/src/cache/olderThan.ts';
import type {
  ContentNode,
  KnownContent,
  SentEntry,
} from '../../../server/src/context/contentFacts.ts';
import { keyed, type Trial } from '../../support/cacheTrial.ts';

/** Milliseconds at which the build began. */
const began = 1000;
const ns = (ms: number) => String(ms * 1e6);

function node(
  path: string,
  mtime: number,
  ctime: number | null,
  below: readonly ContentNode[] = [],
) {
  return {
    kind: below.length > 0 ? 'directory' : 'file',
    ...{ path, mode: 0o644, bytes: 1, content: path, digest: path },
    mtimeNs: ns(mtime),
    ctimeNs: ctime === null ? '' : ns(ctime),
    children: new Map(below.map((one) => [one.path, one])),
  } as ContentNode;
}

const dockerfile = `FROM base AS one
COPY old /old
COPY new /new
RUN after
FROM base
RUN before
COPY pattern* /p/
COPY --from=one /old /old
RUN last
`;

/** Lines of the steps that hold, where sources are these entries; of one stage the arguments may not be known. */
function lines(
  entries: Readonly<Record<string, ContentNode>>,
  isOlder = true,
  openStage = -1,
): string {
  const trial: Trial = {
    dockerfile,
    inputs: {
      content: (step) => {
        const sources = step.copy?.sources ?? [];
        const value: KnownContent = {
          kind: 'known',
          sources: sources.map((source) => {
            const found = entries[source];
            const matches = found ? [{ name: source, node: found }] : [];
            return { source, digest: source, matches };
          }),
          unnoticed: [],
          fails: null,
        };
        return { state: 'known', value };
      },
      stageContent: () => ({ digest: 'stage', reruns: [], unstable: [], lossy: [] }),
    },
  };
  const isOpen = (stage: number) => stage === openStage;
  const steps = cleanSteps(keyed(trial), began, () => isOlder, isOpen);
  return steps.map(({ instruction }) => instruction.lines.start).join(' ');
}

const old = node('old', 500, 500);
const all = { old, new: old, 'pattern*': old };

describe('what holds of a build that is looked at after its end', () => {
  it('is all where everything is older', () => {
    assert.equal(lines(all), '2 3 4 6 7 8 9');
  });

  it('is nothing that took a file that changed since, nor what stands on it or takes from its stage', () => {
    assert.equal(lines({ ...all, new: node('new', 1500, 1500) }), '2 6 7');
  });

  it('counts a change of mode, a file put there with an old time, and one below a folder', () => {
    assert.equal(lines({ ...all, new: node('new', 500, 1500) }), '2 6 7');
    const folder = node('new', 1, 1, [node('a', 1, 1), node('b', 1500, 1)]);
    assert.equal(lines({ ...all, new: folder }), '2 6 7');
  });

  it('is not known where the host has no such times', () => {
    assert.equal(lines({ ...all, new: node('new', 500, null) }), '2 6 7');
  });

  it('needs the folder of a pattern to be older too', () => {
    assert.equal(lines(all, false), '2 3 4 6');
  });

  it('is nothing of a stage that may have had other arguments, nor what takes from it', () => {
    assert.equal(lines(all, true, 0), '6 7');
  });

  it('keeps of the table of files what is older', () => {
    const entry = (mtime: number, ctime: number): SentEntry => ({
      ...{ kind: 'file', mode: 0o644, bytes: 1, content: 'x' },
      mtimeNs: ns(mtime),
      ctimeNs: ns(ctime),
    });
    const files = new Map([
      ['a', entry(1, 1)],
      ['b', entry(1500, 1)],
      ['c', entry(1, 1500)],
    ]);
    assert.deepEqual([...(filesBefore(files, began)?.keys() ?? [])], ['a']);
    assert.equal(filesBefore(null, began), null);
  });
});
