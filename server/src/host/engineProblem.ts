/** Why an engine gave no answer. */

/**
 * `absent`: nothing listens there. `denied`: this user may not. `slow`: a limit of time was reached.
 * `broken`: the connection or the answer is not as it should be. `refused`: the engine answered that it
 * does not. `cancelled`: nobody wants to know any more.
 */
export type ProblemKind = 'absent' | 'denied' | 'slow' | 'broken' | 'refused' | 'cancelled';

/** The message is a full sentence for users, without credentials. */
export class EngineProblem extends Error {
  readonly kind: ProblemKind;
  /** HTTP status of the engine's answer; null: there was none. */
  readonly status: number | null;

  constructor(kind: ProblemKind, sentence: string, status: number | null = null) {
    super(sentence);
    this.name = kind === 'cancelled' ? 'AbortError' : 'EngineProblem';
    this.kind = kind;
    this.status = status;
  }
}

export function cancelled(): EngineProblem {
  return new EngineProblem('cancelled', 'The question to the engine was cancelled.');
}

export function late(at: string): EngineProblem {
  return new EngineProblem('slow', `${at} did not answer in time.`);
}

const sentences: Readonly<Record<string, readonly [ProblemKind, (at: string) => string]>> = {
  ENOENT: ['absent', (at) => `Nothing listens at ${at}.`],
  ENOTDIR: ['absent', (at) => `Nothing listens at ${at}.`],
  ENOTSOCK: ['absent', (at) => `Nothing listens at ${at}.`],
  ECONNREFUSED: ['absent', (at) => `Nothing listens at ${at}.`],
  EACCES: ['denied', (at) => `This user may not open ${at}.`],
  EPERM: ['denied', (at) => `This user may not open ${at}.`],
  ENOTFOUND: ['absent', (at) => `There is no way to ${at}: its name cannot be resolved.`],
  EAI_AGAIN: ['absent', (at) => `There is no way to ${at}: its name cannot be resolved.`],
  EHOSTUNREACH: ['absent', (at) => `There is no way to ${at}.`],
  ENETUNREACH: ['absent', (at) => `There is no way to ${at}.`],
  ETIMEDOUT: ['slow', (at) => `${at} did not answer in time.`],
  ECONNRESET: ['broken', (at) => `The connection to ${at} was cut off.`],
  EPIPE: ['broken', (at) => `The connection to ${at} was cut off.`],
};

/** The problem that an error of Node's stands for, on the way to `at`. */
export function problemOf(error: unknown, at: string): EngineProblem {
  if (error instanceof EngineProblem) return error;
  const { code = '', name = '' } = error as { readonly code?: unknown; readonly name?: string };
  const known = typeof code === 'string' ? sentences[code] : undefined;
  if (known) return new EngineProblem(known[0], known[1](at));
  if (name === 'AbortError' || code === 'ABORT_ERR') return cancelled();
  if (typeof code === 'string' && code.startsWith('HPE_')) {
    return new EngineProblem('broken', `${at} does not answer as a container engine does.`);
  }
  if (typeof code === 'string' && /CERT|TLS|SSL|SIGNATURE/.test(code)) {
    return new EngineProblem('denied', `No safe connection to ${at} could be made (${code}).`);
  }
  const hint = typeof code === 'string' && code !== '' ? ` (${code})` : '';
  return new EngineProblem('broken', `${at} could not be asked${hint}.`);
}
