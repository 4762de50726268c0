/**
 * How often what the lines of one Dockerfile take from the build context changes. Git is asked in the
 * background, once for as long as HEAD stays; in Restricted Mode never, as the configuration of a
 * repository can name programs.
 */

import { type Churn, churnOf, type GitHistory, type GitPort } from '../churn/churn.ts';
import type { IgnoreState } from '../context/buildContext.ts';
import type { Fact } from '../context/fact.ts';
import { passesLink, type Takes, takenBy } from '../context/takes.ts';
import type { ResolvedCopy, Step } from '../model/plan.ts';
import type { ContextReading } from './contextFacts.ts';
import { BackgroundFact } from './facts.ts';
import type { Subject } from './subject.ts';

/** The machine's part. */
export interface ChurnPorts {
  /** Absent: git is not asked. */
  readonly git?: GitPort;
}

/** What is known of it now. */
export interface ChurnReading {
  /** Of all that a COPY, an ADD or the bind mounts of a RUN take from the context. */
  of(step: Step): Fact<Churn>;
  /** Of these files, by their path in the context. */
  ofFiles(paths: readonly string[]): Fact<Churn>;
}

/** The facts of one document; they live as long as it is open. */
export class ChurnFacts {
  readonly #git: GitPort | undefined;
  readonly #onChanged: () => void;
  #asked: { readonly root: string; readonly fact: BackgroundFact<GitHistory> } | null = null;
  /** Answers by what is taken, for one history and one ignore file. */
  #known: { readonly of: unknown; readonly answers: Map<string, Fact<Churn>> } | null = null;

  constructor({ git }: ChurnPorts, onChanged: () => void) {
    this.#git = git;
    this.#onChanged = onChanged;
  }

  read(context: ContextReading, subject: Pick<Subject, 'within' | 'untouched'>): ChurnReading {
    const history = this.#history(context, subject);
    const { ignore } = context;
    type Asked = (ignored: IgnoreState, links: readonly string[]) => Takes | null;
    const answer = (key: string, asked: Asked): Fact<Churn> => {
      if (history.state !== 'known') return history;
      if (!ignore || ignore.unreadable !== null) return unreadableIgnore;
      const { answers } = this.#answers(history.value, ignore);
      const known = answers.get(key);
      if (known) return known;
      const churn = safely(() => {
        const takes = asked(ignore, history.value.links);
        return takes ? churnOf(history.value, takes) : throughLink;
      });
      if (answers.size >= mostAnswers) answers.clear();
      answers.set(key, churn);
      return churn;
    };
    return {
      of(step) {
        const taken = takenFromContext(step);
        if (taken.length === 0) return takesNothing;
        return answer(JSON.stringify(taken), ({ patterns }, links) => {
          if (taken.some((one) => passesLink(one, links))) return null;
          const parts = taken.map((one) => takenBy(one, patterns));
          return (path) => parts.some((takes) => takes(path));
        });
      },
      ofFiles(paths) {
        return answer(`files ${JSON.stringify(paths)}`, () => {
          const wanted = new Set(paths);
          const folders = paths.filter((path) => path.endsWith('/'));
          return (path) => wanted.has(path) || folders.some((folder) => path.startsWith(folder));
        });
      },
    };
  }

  revalidate(): void {
    this.#asked?.fact.refresh();
  }

  get busy(): boolean {
    return this.settling !== null;
  }

  /** Resolves when git has answered; null when nothing is asked. */
  get settling(): Promise<void> | null {
    return this.#asked?.fact.settling ?? null;
  }

  stop(): void {
    this.#asked?.fact.stop();
    this.#asked = null;
  }

  #history(
    { context, state, pending }: ContextReading,
    { within, untouched }: Pick<Subject, 'within' | 'untouched'>,
  ): Fact<GitHistory> {
    if (within !== null) {
      this.stop();
      return { state: 'unavailable', reason: 'In Restricted Mode git is not asked.' };
    }
    if (untouched) {
      const reason = 'Git is asked when you hover over a line, edit the file or save it.';
      return { state: 'unavailable', reason };
    }
    const git = this.#git;
    if (!git) return { state: 'unavailable', reason: 'Git is not asked.' };
    if (!context) {
      return pending ? { state: 'pending' } : { state: 'unavailable', reason: state.reason };
    }
    if (this.#asked?.root !== context.root) {
      this.stop();
      const { root } = context;
      const fact = new BackgroundFact<GitHistory>(
        (signal) => git.history(root, signal),
        this.#onChanged,
        (a, b) => a === b,
      );
      this.#asked = { root, fact };
    }
    return this.#asked.fact.held.fact;
  }

  #answers(history: GitHistory, { patterns }: IgnoreState) {
    const isSame =
      this.#known?.of === history &&
      this.#ignored.length === patterns.length &&
      patterns.every((pattern, at) => pattern === this.#ignored[at]);
    if (!this.#known || !isSame) {
      this.#known = { of: history, answers: new Map() };
      this.#ignored = patterns;
    }
    return this.#known;
  }

  #ignored: readonly string[] = [];
}

/** Names of sources are typed letter by letter. */
const mostAnswers = 500;

const takesNothing = {
  state: 'unavailable',
  reason: 'It takes nothing from the build context.',
} as const;

const throughLink = {
  state: 'unavailable',
  reason: 'It takes files through a symbolic link, and git does not say what that points to.',
} as const;

const unreadableIgnore = {
  state: 'unavailable',
  reason: 'The ignore file could not be read, so what is taken is not known.',
} as const;

type Taken = Pick<ResolvedCopy, 'sources' | 'parents' | 'exclude'>;

/** What a step takes from the context; nothing where an unknown base image decides on that. */
function takenFromContext({ copy, run }: Step): readonly Taken[] {
  if (copy?.origin.kind === 'context' && !copy.doubt?.sources && copy.sources.length > 0) {
    const { sources, parents, exclude } = copy;
    return [{ sources, parents, exclude }];
  }
  return (run?.mounts ?? [])
    .filter(({ type, origin }) => type === 'bind' && origin?.kind === 'context')
    .map(({ source }) => ({ sources: [source], parents: false, exclude: [] }));
}

/** Patterns that the builder refuses make an answer of their own. */
function safely(answer: () => Fact<Churn>): Fact<Churn> {
  try {
    return answer();
  } catch (error) {
    const reason = (error as { readonly reason?: unknown }).reason;
    return { state: 'unavailable', reason: typeof reason === 'string' ? reason : String(error) };
  }
}
