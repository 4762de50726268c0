/** The manifest says what the code does: commands, settings, files that it names. */

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../../..');

interface Setting {
  readonly type: unknown;
  readonly default: unknown;
  readonly scope: string;
  readonly order: number;
  readonly markdownDescription: string;
  readonly enum?: readonly string[];
  readonly markdownEnumDescriptions?: readonly string[];
}

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly icon: string;
  readonly activationEvents: readonly string[];
  readonly capabilities: {
    readonly untrustedWorkspaces: { readonly restrictedConfigurations: readonly string[] };
  };
  readonly contributes: {
    readonly commands: readonly { readonly command: string; readonly category: string }[];
    readonly menus: Readonly<
      Record<string, readonly { readonly command: string; readonly group?: string }[]>
    >;
    readonly viewsWelcome: readonly { readonly contents: string }[];
    readonly configuration: readonly { readonly properties: Readonly<Record<string, Setting>> }[];
    readonly walkthroughs: readonly {
      readonly steps: readonly {
        readonly description: string;
        readonly media: { readonly markdown: string };
      }[];
    }[];
  };
};
const { contributes } = manifest;
const commands = contributes.commands.map(({ command }) => command);
const settings = Object.entries(
  Object.assign({}, ...contributes.configuration.map(({ properties }) => properties)) as Readonly<
    Record<string, Setting>
  >,
);

/** Those that do not go by folder: the engine is that of the machine. */
const scopes: Readonly<Record<string, string>> = {
  'dockerfileLayers.trace.server': 'window',
  'dockerfileLayers.engine.endpoint': 'machine-overridable',
};

describe('the manifest', () => {
  it('declares the commands that the client registers, and no other', () => {
    const source = readFileSync(join(root, 'client/src/commands.ts'), 'utf8');
    const table = /const commands[^=]*=> unknown>> = \{\n(.*?)\n {2}\};/s.exec(source)?.[1] ?? '';
    // Those in brackets are the commands of hints, which nobody calls by hand.
    const registered = [...table.matchAll(/^ {4}(\w+)(?::|,$)/gm)].map(
      ([, id]) => `dockerfileLayers.${id}`,
    );
    assert.deepEqual([...commands].sort(), registered.sort());
  });

  it('uses only declared commands in menus, welcome texts and the walkthrough', () => {
    const links = JSON.stringify([contributes.viewsWelcome, contributes.walkthroughs]).matchAll(
      /command:(dockerfileLayers\.\w+)(?=[)?])/g,
    );
    const used = [
      ...Object.values(contributes.menus)
        .flat()
        .map(({ command }) => command),
      ...[...links].map(([, command = '']) => command),
    ];
    assert.ok(used.length > 20);
    for (const command of used) assert.ok(commands.includes(command), command);
  });

  it('puts at most three buttons on the view at a time', () => {
    const places = contributes.menus['view/title']
      ?.map(({ group }) => group)
      .filter((group) => group?.startsWith('navigation'));
    assert.ok(new Set(places).size <= 3);
  });

  it('describes each setting, with a scope, a place of its own and words for each choice', () => {
    assert.ok(settings.length > 10);
    for (const [key, setting] of settings) {
      assert.match(key, /^dockerfileLayers\./);
      assert.match(setting.markdownDescription, /\.$/, key);
      assert.equal(setting.scope, scopes[key] ?? 'resource', key);
      if (setting.enum && key !== 'dockerfileLayers.trace.server') {
        assert.equal(setting.markdownEnumDescriptions?.length, setting.enum.length, key);
        assert.ok(setting.enum.includes(String(setting.default)), key);
      }
      for (const [, other] of setting.markdownDescription.matchAll(
        /`#(dockerfileLayers[^#]+)#`/g,
      )) {
        assert.ok(
          settings.some(([name]) => name === other),
          `${key} names ${other}`,
        );
      }
    }
    assert.equal(new Set(settings.map(([, { order }]) => order)).size, settings.length);
  });

  it('activates on Dockerfiles only, and does not let a doubtful folder move the context', () => {
    assert.deepEqual(manifest.activationEvents, ['onLanguage:dockerfile']);
    assert.ok(
      manifest.capabilities.untrustedWorkspaces.restrictedConfigurations.includes(
        'dockerfileLayers.context.path',
      ),
    );
  });

  it('names only files that are there', () => {
    const files = [
      manifest.icon,
      ...contributes.walkthroughs.flatMap(({ steps }) => steps.map(({ media }) => media.markdown)),
    ];
    for (const file of files) assert.ok(existsSync(join(root, file)), file);
  });
});
