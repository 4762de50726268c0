/** Instructions that change the config or the environment and make no layer (BuildKit `dockerfile2llb/convert.go`). */

import type {
  ArgCommand,
  CmdCommand,
  Command,
  EntrypointCommand,
  EnvCommand,
  ExposeCommand,
  HealthcheckCommand,
  LabelCommand,
  VolumeCommand,
} from '../syntax/commands.ts';
import { portNames, readPort } from '../syntax/ports.ts';
import { signalError } from '../syntax/signals.ts';
import { argText, commandText, healthcheckText, listText, pairsText } from './historyText.ts';
import { put } from './orderedMap.ts';
import { metadata, type Outcome } from './outcome.ts';
import { certainError, expansionOf, isShellExact, type Running, withShell } from './running.ts';

/** Applies the instruction to `running`; undefined for RUN, COPY, ADD, WORKDIR and FROM. */
export function applyMetadata(running: Running, command: Command): Outcome | undefined {
  switch (command.kind) {
    case 'arg':
      return applyArg(running, command);
    case 'env':
      return applyEnv(running, command);
    case 'label':
      return applyLabel(running, command);
    case 'maintainer':
      return metadata(`MAINTAINER ${command.value}`, true, null);
    case 'cmd':
    case 'entrypoint':
      return applyCommand(running, command);
    case 'shell':
      running.config = { ...running.config, shell: command.words };
      return metadata(() => listText('SHELL', command.words), true, null);
    case 'expose':
      return applyExpose(running, command);
    case 'volume':
      return applyVolume(running, command);
    case 'user': {
      const expansion = expansionOf(running);
      const user = expansion.word(command.user).value;
      running.config = { ...running.config, user };
      return metadata(`USER ${user}`, expansion.exact, certainError(expansion, null));
    }
    case 'stopsignal': {
      const expansion = expansionOf(running);
      const signal = expansion.word(command.signal).value;
      running.config = { ...running.config, stopSignal: signal };
      const error = certainError(expansion, signalError(signal));
      return metadata(`STOPSIGNAL ${signal}`, expansion.exact, error);
    }
    case 'healthcheck':
      return applyHealthcheck(running, command);
    case 'onbuild': {
      const { onBuild } = running.config;
      const key = String(onBuild.size);
      running.config = { ...running.config, onBuild: put(onBuild, key, command.expression) };
      return metadata(null, true, null);
    }
    case 'invalid':
      return metadata(null, true, null);
    default:
      return undefined;
  }
}

/** These two are only read by BuildKit and reach no RUN. */
const notInEnv = new Set(['BUILDKIT_SBOM_SCAN_CONTEXT', 'BUILDKIT_SBOM_SCAN_STAGE']);

/** `--build-arg` wins over the default, the default over the global value (BuildKit `dispatchArg`). */
function applyArg(running: Running, command: ArgCommand): Outcome {
  const { around } = running;
  const shown: { readonly key: string; readonly value: string | null }[] = [];
  let exact = true;
  let error: string | null = null;
  for (const { key, value: written } of command.args) {
    const given = around.buildArgs.get(key);
    const expansion = expansionOf(running);
    let value = given ?? (written === null ? around.globals.get(key) : undefined) ?? null;
    let certain = true;
    if (given === undefined && written !== null) {
      ({ value, exact: certain } = expansion.word(written));
      error ??= certainError(expansion, null);
    }
    if (value !== null && !notInEnv.has(key)) {
      running.env = running.env.with(key, { value, exact: certain });
    }
    running.args = put(running.args, key, { value, exact: certain });
    shown.push({ key, value });
    exact &&= certain;
  }
  return metadata(() => argText(shown), exact, error);
}

function applyEnv(running: Running, command: EnvCommand): Outcome {
  const expansion = expansionOf(running);
  const pairs = command.pairs.map((pair) => {
    const key = expansion.word(pair.key).value;
    const { value, exact } = expansion.word(pair.value);
    return { key, value, exact };
  });
  let { env } = running.config;
  for (const pair of pairs) {
    running.env = running.env.with(pair.key, pair);
    env = put(env, pair.key, pair);
  }
  running.config = { ...running.config, env };
  return metadata(() => pairsText('ENV', pairs), expansion.exact, certainError(expansion, null));
}

function applyLabel(running: Running, command: LabelCommand): Outcome {
  const expansion = expansionOf(running);
  const pairs = command.pairs.map(({ key, value }) => ({
    key: expansion.word(key).value,
    value: expansion.word(value).value,
  }));
  let { labels } = running.config;
  for (const { key, value } of pairs) labels = put(labels, key, value);
  running.config = { ...running.config, labels };
  return metadata(() => pairsText('LABEL', pairs), expansion.exact, certainError(expansion, null));
}

/** ENTRYPOINT clears a CMD that comes from the base or a parent stage. */
function applyCommand(running: Running, command: CmdCommand | EntrypointCommand): Outcome {
  const words = withShell(running, command.command);
  const exact = !command.command.shell || isShellExact(running);
  if (command.kind === 'cmd') {
    running.cmdSet = true;
    running.config = { ...running.config, cmd: words, argsEscaped: true };
    return metadata(() => commandText('CMD', words), exact, null);
  }
  const cmd = running.cmdSet ? running.config.cmd : null;
  running.config = { ...running.config, entrypoint: words, cmd };
  return metadata(() => commandText('ENTRYPOINT', words), exact, null);
}

function applyExpose(running: Running, command: ExposeCommand): Outcome {
  const expansion = expansionOf(running);
  const names: string[] = [];
  let { ports } = running.config;
  let error: string | null = null;
  let exact = true;
  for (const word of command.ports.flatMap((text) => expansion.words(text))) {
    const port = readPort(word);
    if (!port.ok) {
      error ??= port.error;
      exact = false;
      names.push(word);
      continue;
    }
    // `EXPOSE 1-65535` is 65,535 ports; a file full of such lines is not spelled out for ever.
    running.around.budget.left -= 64 * (port.ports.last - port.ports.first);
    if (running.around.budget.left < 0) {
      exact = false;
      names.push(word);
      continue;
    }
    for (const name of portNames(port.ports)) {
      names.push(name);
      ports = put(ports, name, true);
    }
  }
  running.config = { ...running.config, ports };
  const certain = exact && expansion.exact;
  return metadata(() => listText('EXPOSE', names), certain, certainError(expansion, error));
}

function applyVolume(running: Running, command: VolumeCommand): Outcome {
  const expansion = expansionOf(running);
  const paths = command.paths.map((path) => expansion.word(path).value);
  let { volumes } = running.config;
  for (const path of paths) if (path) volumes = put(volumes, path, true);
  running.config = { ...running.config, volumes };
  const empty = paths.includes('') ? 'VOLUME specified can not be an empty string' : null;
  return metadata(() => listText('VOLUME', paths), expansion.exact, certainError(expansion, empty));
}

function applyHealthcheck(running: Running, command: HealthcheckCommand): Outcome {
  const { test, interval, timeout, startPeriod, startInterval, retries } = command;
  const healthcheck = { test, interval, timeout, startPeriod, startInterval, retries };
  running.config = { ...running.config, healthcheck };
  return metadata(() => healthcheckText(command), true, null);
}
