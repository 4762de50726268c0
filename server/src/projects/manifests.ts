/**
 * Which files of a project an installation of its dependencies reads, so that they can be copied
 * before all else. Where it may read more, or write what the context has too, it is refused.
 */

import { goManifests, gradleManifests, mavenManifests } from './manifestBuilds.ts';
import { cargoManifests } from './manifestCargo.ts';
import { javaScriptManifests } from './manifestJavaScript.ts';
import { bundlerManifests, composerManifests } from './manifestOthers.ts';
import { pipManifests, poetryManifests, uvManifests } from './manifestPython.ts';

export type InstallTool =
  | 'npm'
  | 'yarn'
  | 'pnpm'
  | 'pip'
  | 'poetry'
  | 'uv'
  | 'go'
  | 'cargo'
  | 'maven'
  | 'gradle'
  | 'composer'
  | 'bundler';

/** What a command installs. */
export interface Install {
  readonly tool: InstallTool;
  /** Files that the command names, relative to the folder that it runs in. */
  readonly files: readonly string[];
  /** It runs no scripts of the project. */
  readonly noScripts: boolean;
  /** Composer: it starts no plugins. */
  readonly noPlugins: boolean;
  /** It does nothing with the project itself: poetry's `--no-root`, composer's `--no-autoloader`. */
  readonly noProject: boolean;
  /** It never writes the lock file. */
  readonly frozen: boolean;
  /** No line of the Dockerfile yet: without anything to download it is not worth one. */
  readonly isAdded: boolean;
}

/** A project's folder as the image gets it: behind the ignore file and `--exclude`. */
export interface ProjectFiles {
  /** Text of a plain file; null: there is none. */
  text(path: string): Promise<string | null>;
  /** Is there anything, of which something may be sent? */
  has(path: string): Promise<boolean>;
  /** A folder of which something is sent for sure. */
  holds(path: string): Promise<boolean>;
  /** Files that fit a pattern of COPY. */
  glob(pattern: string): Promise<readonly string[]>;
}

export type Manifests =
  | {
      readonly ok: true;
      /** Relative to the project's folder; folders end with a slash. */
      readonly files: readonly string[];
      /** A file that the installation may write anew, and that a copy after it puts back; null: none. */
      readonly restores: string | null;
      /** Files that must be there to be found, be they empty: the copy after it puts them in place; absent: none. */
      readonly dummies?: readonly string[];
    }
  | {
      readonly ok: false;
      /** A full sentence. */
      readonly reason: string;
      /** The files that the installation reads all the same, where only the order cannot be changed. */
      readonly stable?: readonly string[];
    };

/** The files that an installation reads; a refusal with its reason where it may be more than those. */
export function manifestsOf(install: Install, files: ProjectFiles): Promise<Manifests> {
  switch (install.tool) {
    case 'npm':
    case 'yarn':
    case 'pnpm':
      return javaScriptManifests(install.tool, install, files);
    case 'pip':
      return pipManifests(install, files);
    case 'poetry':
      return poetryManifests(install, files);
    case 'uv':
      return uvManifests(install, files);
    case 'go':
      return goManifests(install, files);
    case 'cargo':
      return cargoManifests(install, files);
    case 'maven':
      return mavenManifests(install, files);
    case 'gradle':
      return gradleManifests(install, files);
    case 'composer':
      return composerManifests(install, files);
    case 'bundler':
      return bundlerManifests(install, files);
  }
}
