/**
 * What the user picked for each Dockerfile: target, platform, build arguments, context. Remembered
 * with the workspace; the server is told before it sees the document and at each change.
 */

import type * as vscode from 'vscode';
import type { Choices } from '../../server/src/protocol.ts';

const key = 'choices';

export class RememberedChoices {
  readonly #memory: vscode.Memento;
  readonly #tell: (uri: string, choices: Choices) => Promise<void>;

  constructor(memory: vscode.Memento, tell: (uri: string, choices: Choices) => Promise<void>) {
    this.#memory = memory;
    this.#tell = tell;
  }

  /** What is picked for a Dockerfile; empty when nothing is. */
  of(uri: string): Choices {
    return this.#all()[uri] ?? {};
  }

  /** Changes some of it; null takes back what was picked. */
  async pick(uri: string, change: Choices): Promise<void> {
    const picked = Object.fromEntries(
      Object.entries({ ...this.of(uri), ...change }).filter(([, value]) => value !== null),
    ) as Choices;
    const { [uri]: _, ...others } = this.#all();
    await this.#memory.update(
      key,
      Object.keys(picked).length === 0 ? others : { ...others, [uri]: picked },
    );
    await this.#tell(uri, picked);
  }

  /** Tells the server what was picked earlier, if anything was. */
  async recall(uri: string): Promise<void> {
    const choices = this.#all()[uri];
    if (choices) await this.#tell(uri, choices);
  }

  #all(): Readonly<Record<string, Choices>> {
    return this.#memory.get(key, {});
  }
}
