/**
 * The image in the engine that was built from one document, and the one before it. Looked for in the
 * background; laid over the lines anew after each edit, which takes no asking.
 */

import type { BuildRecord } from '../cache/buildRecord.ts';
import type { Fact } from '../context/fact.ts';
import { compareWith, rememberedOf } from '../engine/compare.ts';
import type { Comparison, ImageMemory, RememberedImage } from '../engine/comparison.ts';
import type { ImageSummary } from '../engine/engine.ts';
import type { Recognized } from '../engine/laid.ts';
import type { NotedStart } from '../engine/notedBuilds.ts';
import { recognizeImage, relay } from '../engine/recognizer.ts';
import { baseOf } from '../images/told.ts';
import type { Plan } from '../model/plan.ts';
import type { StepSizes } from '../size/estimate.ts';
import { recordName } from './cacheFacts.ts';
import type { EnginePorts, EngineView } from './engineFacts.ts';
import type { EngineSession } from './engineSession.ts';
import { BackgroundFact } from './facts.ts';
import type { Subject } from './subject.ts';

type Hints = Parameters<typeof recognizeImage>[0]['hints'];
type Base = NonNullable<Parameters<typeof recognizeImage>[0]['base']> | null;

/** What decides on the image of a document. */
export interface ImageQuestion {
  readonly subject: Subject;
  readonly plan: Plan;
  readonly view: EngineView;
  readonly records: readonly BuildRecord[];
  /** Names that images of this Dockerfile have by Compose files and typed commands. */
  readonly names: Hints['names'];
  readonly base: Base;
}

export interface ImageReading {
  /** Null: not looked for, or not yet. */
  readonly recognized: Recognized | null;
  readonly comparison: Comparison | null;
}

export type ImagePorts = Pick<EnginePorts, 'imageMemory' | 'notedStarts'>;

interface Search {
  readonly question: ImageQuestion;
  readonly session: EngineSession;
  readonly images: readonly ImageSummary[];
  readonly hints: Hints;
  /** As the session counts them: a search that an engine broke off is made again when it is back. */
  readonly ups: number;
}

/** The facts of one document; they live as long as it is open. */
export class ImageFacts {
  readonly #memory: ImageMemory | undefined;
  readonly #noted: (() => Promise<readonly NotedStart[]>) | undefined;
  readonly #onChanged: () => void;
  #search: Search | null = null;
  #found: BackgroundFact<Recognized> | null = null;
  #laid: {
    readonly plan: Plan;
    readonly of: Recognized;
    readonly recognized: Recognized;
    comparison: { readonly of: unknown; readonly value: Comparison | null } | null;
  } | null = null;
  #remembered: {
    readonly name: string;
    readonly fact: BackgroundFact<readonly RememberedImage[]>;
  } | null = null;
  #keeping: Promise<void> | null = null;
  /** Images that were kept, or could not be. */
  readonly #tried = new Set<string>();

  /** Without a port what it could tell is not known. */
  constructor({ imageMemory, notedStarts }: ImagePorts, onChanged: () => void) {
    this.#memory = imageMemory;
    this.#noted = notedStarts;
    this.#onChanged = onChanged;
  }

  get busy(): boolean {
    return this.#jobs().length > 0;
  }

  async settled(): Promise<void> {
    await Promise.all(this.#jobs());
  }

  /** What is known now; looks for it where what decides on it is not what it was. */
  read(question: ImageQuestion): ImageReading {
    const { view, subject, plan } = question;
    // What one engine had says nothing of another one.
    if (!view.session || (this.#search && this.#search.session !== view.session)) {
      this.stop();
      this.#found = this.#search = this.#laid = null;
    }
    if (!view.session) return nothing;
    const images = view.session.images();
    if (images.state === 'known') this.#look(question, view.session, images.value);
    const fact = this.#found?.held.fact;
    if (fact?.state !== 'known') {
      const failed = [fact, images].find((one) => one?.state === 'unavailable');
      return failed && view.state.kind === 'up' ? notTold(failed) : nothing;
    }
    if (this.#laid?.plan !== plan || this.#laid.of !== fact.value) {
      const recognized = relay(fact.value, plan);
      this.#laid = { plan, of: fact.value, recognized, comparison: null };
    }
    const { recognized } = this.#laid;
    return { recognized, comparison: this.#compare(subject, plan, recognized) };
  }

  stop(): void {
    this.#found?.stop();
    this.#remembered?.fact.stop();
    this.#remembered = null;
  }

  #look(question: ImageQuestion, session: EngineSession, images: readonly ImageSummary[]): void {
    const { settings } = question.subject;
    const hints: Hints = {
      choice: settings.chosenImage,
      setting: settings.image,
      recorded: question.records.flatMap(({ image }) => image ?? []),
      names: question.names,
    };
    const search: Search = { question, session, images, hints, ups: session.ups };
    const before = this.#search;
    if (before && isSame(before, search)) return;
    this.#search = search;
    if (this.#found) this.#found.refresh();
    else {
      const fetch = (signal: AbortSignal) => this.#ask(signal);
      this.#found = new BackgroundFact(fetch, this.#onChanged, (a, b) => a === b);
    }
  }

  async #ask(signal: AbortSignal): Promise<Fact<Recognized>> {
    const { question, session, images, hints } = this.#search as Search;
    const { plan, base } = question;
    const { path: file } = question.subject;
    const noted = this.#noted;
    const last = this.#found?.held.fact;
    const before = last?.state === 'known' && last.value.state === 'found' ? last.value : null;
    const listed = new Map(images.map((summary) => [summary.id, summary]));
    const value = await recognizeImage({
      plan,
      images,
      hints,
      async image(id) {
        const image = await session.byId(id);
        // Names move from image to image, all else of an image stays as it is.
        const references = image && listed.get(image.id)?.references;
        return image && references ? { ...image, references } : image;
      },
      base,
      before: before?.sure ? before.laid.image.id : null,
      ...(noted && file !== null && { noted: async () => ({ file, builds: await noted() }) }),
      signal,
      now: Date.now(),
    });
    return { state: 'known', value };
  }

  #compare(subject: Subject, plan: Plan, recognized: Recognized): Comparison | null {
    const laid = this.#laid;
    const memory = this.#memory;
    if (!memory || !laid || recognized.state !== 'found' || !recognized.laid.certain) return null;
    const name = recordName(subject);
    if (this.#remembered?.name !== name) {
      this.#remembered?.fact.stop();
      const fetch = async () => ({ state: 'known', value: await memory.read(name) }) as const;
      const same = (a: readonly RememberedImage[], b: readonly RememberedImage[]) =>
        a.length === b.length && a.every(({ id }, index) => id === b[index]?.id);
      this.#remembered = { name, fact: new BackgroundFact(fetch, this.#onChanged, same) };
    }
    const { fact } = this.#remembered.fact.held;
    if (fact.state !== 'known') return null;
    this.#keep(name, plan, recognized, fact.value);
    if (laid.comparison?.of !== fact.value) {
      laid.comparison = { of: fact.value, value: compareWith(recognized.laid, plan, fact.value) };
    }
    return laid.comparison.value;
  }

  /** Later images are compared with those that surely were this document's. */
  #keep(
    name: string,
    plan: Plan,
    recognized: Recognized & { readonly state: 'found' },
    known: readonly RememberedImage[],
  ): void {
    const { laid, sure } = recognized;
    // An edit since the search takes lines away from the image, though it has them.
    const isWhole = this.#search?.question.plan === plan && laid.gone.length === 0;
    if (!sure || !isWhole || this.#keeping) return;
    const { id } = laid.image;
    if (this.#tried.has(id) || known.some((one) => one.id === id)) return;
    this.#tried.add(id);
    const image = rememberedOf(laid, plan);
    if (!image || !this.#memory) return;
    this.#keeping = this.#memory
      .add(name, image)
      // What cannot be kept is not compared with some day; nothing else follows.
      .catch(() => {})
      .then(() => {
        this.#keeping = null;
        this.#remembered?.fact.refresh();
      });
  }

  #jobs(): readonly Promise<void>[] {
    return [this.#found?.settling, this.#remembered?.fact.settling, this.#keeping].filter(
      (job) => job !== null && job !== undefined,
    );
  }
}

/** Layers of the image at the bottom of the target, where they are known. */
export function baseBorder(plan: Plan, sizes: StepSizes): Base {
  const fact = plan.target < 0 ? null : sizes.base(plan.target);
  const told = fact?.state === 'known' ? fact.value.told : undefined;
  return told?.by === 'engine' || told?.by === 'registry' ? baseOf(told) : null;
}

/** The engine is there, and did not say which images it has. */
function notTold(fact: Fact<unknown>): ImageReading {
  const why = fact.state === 'unavailable' ? fact.reason : '';
  const reason = `The engine did not tell of its images. ${why}`.trim();
  return { recognized: { state: 'none', others: [], reason }, comparison: null };
}

const nothing: ImageReading = { recognized: null, comparison: null };

/** Edits of the text do not start another search; what is named, and which images there are, does. */
function isSame(one: Search, other: Search): boolean {
  return (
    one.session === other.session &&
    one.ups === other.ups &&
    one.images === other.images &&
    keyOf(one) === keyOf(other)
  );
}

function keyOf({ hints, question }: Search): string {
  const { target, platform, buildArgs } = question.subject.settings;
  return JSON.stringify([hints, target, platform, [...buildArgs], question.base]);
}
