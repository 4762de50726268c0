/** What the parts of the editor tests found, and how a part reports it. */

export interface Result {
  readonly title: string;
  readonly state: 'passed' | 'failed' | 'skipped';
  readonly ms: number;
  readonly error?: string;
}

/** Runs one check and prints what came of it. */
export async function check(
  title: string,
  run: () => Promise<unknown>,
  onFailure?: () => Promise<unknown>,
): Promise<Result> {
  const start = Date.now();
  try {
    await run();
    return print({ title, state: 'passed', ms: Date.now() - start });
  } catch (error) {
    await onFailure?.().catch(() => undefined);
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return print({ title, state: 'failed', ms: Date.now() - start, error: text });
  }
}

/** A check that cannot run here, with the reason in its title. */
export function skipped(title: string): Result {
  return print({ title, state: 'skipped', ms: 0 });
}

/** Prints a result as one line, an error below it. */
export function print(result: Result): Result {
  const mark = { passed: '  ok  ', failed: '  FAIL', skipped: '  -   ' }[result.state];
  console.log(`${mark} ${result.title} (${result.ms} ms)`);
  if (result.error) console.log(result.error.replace(/^/gm, '         '));
  return result;
}

/** Calls until the answer is neither undefined, null nor false; the last answer or error is in the message. */
export async function until<T>(
  what: string,
  ask: () => Promise<T> | T,
  timeoutMs = 20_000,
): Promise<NonNullable<Exclude<T, false>>> {
  const end = Date.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== null && answer !== false) {
        return answer as NonNullable<Exclude<T, false>>;
      }
      last = answer;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) throw new Error(`waited in vain for ${what}; last: ${String(last)}`);
    await new Promise((resume) => setTimeout(resume, 50));
  }
}
