/** What each FROM stands for (BuildKit `dockerfile2llb/convert.go`, `buildDispatchStates`). */

import type { Problem } from '../syntax/ast.ts';
import type { StageSyntax } from '../syntax/commands.ts';
import { goQuote } from '../syntax/goText.ts';
import { suggest } from '../syntax/suggestions.ts';
import type { BaseImage, PlanOptions, Platform, StageBase } from './plan.ts';
import { formatPlatform, parsePlatform } from './platform.ts';
import { planProblem } from './problems.ts';
import { familiarName, parseReference } from './reference.ts';
import { expansionIn, type Scope } from './variables.ts';

export interface ResolvedBase {
  readonly base: StageBase;
  readonly platform: Platform;
  /** A named context with the stage's own name stands in for the whole stage. */
  readonly replaced: boolean;
  readonly problems: readonly Problem[];
}

/** `above`: the stages above by name (lower case), the last one of each name. */
export function resolveBase(
  stage: StageSyntax,
  above: ReadonlyMap<string, number>,
  globals: Scope,
  options: PlanOptions,
): ResolvedBase {
  const { from } = stage;
  const problems: Problem[] = [];
  const report = (message: string) => {
    if (problems.length === 0) problems.push(planProblem('base-image', message, from.instruction));
  };
  const expansion = expansionIn(globals);
  const reference = expansion.word(from.base).value;
  // A FROM that was refused before has no base; one problem for it is enough.
  if (expansion.error) report(expansion.error);
  else if (reference === '' && from.base !== '')
    report(`base name (${from.base}) should not be blank`);

  const written = from.platform ? readPlatform(from.platform, globals, options, report) : null;
  const platform = written ?? options.platform;
  const unresolved: StageBase = {
    reference,
    platform: written && formatPlatform(written),
    image: null,
    stage: null,
    scratch: false,
    named: null,
  };

  const ownContext = from.name === null ? undefined : namedContext(from.name, options);
  if (ownContext !== undefined) {
    const image = imageOfContext(ownContext, platform, options);
    return {
      base: { ...unresolved, named: from.name, image },
      platform,
      replaced: true,
      problems,
    };
  }
  const parent = above.get(reference);
  if (parent !== undefined) {
    return { base: { ...unresolved, stage: parent }, platform, replaced: false, problems };
  }
  if (reference === 'scratch') {
    const scratch = { ...unresolved, scratch: true };
    // BuildKit gives scratch the target platform, whatever --platform says.
    return { base: scratch, platform: options.platform, replaced: false, problems };
  }
  if (reference !== '') {
    const error = referenceError(reference);
    if (error) report(error);
  }
  const context = namedContext(reference, options);
  if (context !== undefined) {
    const image = imageOfContext(context, platform, options);
    return {
      base: { ...unresolved, named: reference, image },
      platform,
      replaced: false,
      problems,
    };
  }
  const image = options.images?.(reference, platform) ?? null;
  return { base: { ...unresolved, image }, platform, replaced: false, problems };
}

/** BuildKit's text for a name that is no image reference, or ''. */
export function referenceError(name: string): string {
  const parsed = parseReference(name);
  return parsed.ok ? '' : `failed to parse stage name ${goQuote(name)}: ${parsed.error}`;
}

/** The value of `--build-context` for a name; `scratch` and `context` cannot be replaced. */
export function namedContext(name: string, options: PlanOptions): string | undefined {
  const contexts = options.namedContexts;
  if (!contexts?.size || /^(scratch|context)$/i.test(name)) return undefined;
  const wanted = familiarName(name);
  return contexts.get(name) ?? (wanted === undefined ? undefined : contexts.get(wanted));
}

function imageOfContext(value: string, platform: Platform, options: PlanOptions): BaseImage | null {
  const scheme = 'docker-image://';
  return (
    (value.startsWith(scheme) && options.images?.(value.slice(scheme.length), platform)) || null
  );
}

function readPlatform(
  text: string,
  globals: Scope,
  options: PlanOptions,
  report: (message: string) => void,
): Platform | null {
  const expansion = expansionIn(globals);
  const { value } = expansion.word(text);
  if (expansion.error) {
    // BuildKit names the result so far, which after an error is nothing.
    report(`failed to process arguments for platform : ${expansion.error}`);
    return null;
  }
  const hint = () => {
    const known = [...globals.env.keys()];
    for (const name of expansion.unmatched) {
      const found = suggest(name, known, true);
      if (found) return ` (did you mean ${found}?)`;
    }
    return '';
  };
  if (value === '') {
    report(`empty platform value from expression ${text}${hint()}`);
    return null;
  }
  const parsed = parsePlatform(value, options.buildPlatform);
  if (parsed.ok) return parsed.platform;
  report(`failed to parse platform ${text}: ${parsed.error}${hint()}`);
  return null;
}
