/** What Go, Maven and Gradle read of a project when they only fetch its dependencies. */

import { existing, made, refused } from './manifestParts.ts';
import type { Install, Manifests, ProjectFiles } from './manifests.ts';

/** `go mod download`. */
export async function goManifests(install: Install, files: ProjectFiles): Promise<Manifests> {
  const text = await files.text('go.mod');
  if (text === null) return refused('The build context has no go.mod.');
  if ((await files.text('go.sum')) === null) return refused('The build context has no go.sum.');
  if ((await files.has('go.work')) || (await files.has('../go.work'))) {
    return refused('The module is part of a workspace (go.work).');
  }
  if (/=>\s*"?(\.{1,2}[\\/]|\.{1,2}"?\s|[\\/])/.test(`${text}\n`)) {
    return refused('go.mod replaces a module by a folder of the project.');
  }
  // A build with a vendor folder downloads nothing, and one without requirements neither.
  if (install.isAdded && (await files.has('vendor/modules.txt'))) {
    return refused('The modules lie in the build context (vendor).');
  }
  if (install.isAdded && !/^\s*(require|tool)\b/m.test(text)) {
    return refused('go.mod requires no other module.');
  }
  return { ok: true, files: ['go.mod', 'go.sum'], restores: null };
}

/** `mvn dependency:go-offline` of a project that is one module. */
export async function mavenManifests(install: Install, files: ProjectFiles): Promise<Manifests> {
  const text = await files.text('pom.xml');
  if (text === null) return refused('The build context has no pom.xml.');
  const pom = text.replace(/<!--[\s\S]*?-->/g, '');
  if (/<modules?>/.test(pom))
    return refused('The project has modules, whose files Maven reads too.');
  if (/<systemPath>|<relativePath>\s*[^<\s]|<(exists|missing)>|file:\//.test(pom)) {
    return refused('pom.xml names other files of the project.');
  }
  if (await files.has('../pom.xml')) return refused('The project lies in another one.');
  const named = await existing(files, install.files);
  if (named.length < install.files.length) {
    return refused(`The build context lacks ${install.files.find((one) => !named.includes(one))}.`);
  }
  const set = await existing(files, ['.mvn/']);
  return { ok: true, files: ['pom.xml', ...named, ...set], restores: null };
}

/** `gradle dependencies` of a project that is one module, and whose script reads no files. */
export async function gradleManifests(install: Install, files: ProjectFiles): Promise<Manifests> {
  const scripts = await existing(files, ['build.gradle', 'build.gradle.kts']);
  if (scripts.length !== 1) return refused('The build context has no build.gradle.');
  const around = await existing(files, ['settings.gradle', 'settings.gradle.kts']);
  for (const name of [...scripts, ...around]) {
    const text = (await files.text(name)) ?? '';
    const reads =
      /\b(apply\s*\(?\s*from|file|files|fileTree|File|Paths?|project|include|includeBuild|includeFlat|exec|evaluate|layout|readText|execute|git|rootDir|projectDir)\b\s*[\s(.:'"]/;
    if (reads.test(text.replace(/^\s*\/\/.*$/gm, ''))) {
      return refused(`${name} may read other files of the project.`);
    }
  }
  if (around.length === 0 && (await files.has('../settings.gradle'))) {
    return refused('The project lies in another one.');
  }
  if (await files.has('buildSrc'))
    return refused('The project has a buildSrc, which is built first.');
  const clash = await made(files, ['.gradle', 'build'], [...scripts, ...around]);
  if (clash) return clash;
  const named = await existing(files, install.files);
  if (named.length < install.files.length) return refused('The build context has no gradlew.');
  const set = await existing(files, [
    ...['gradle.properties', 'gradle.lockfile', 'buildscript-gradle.lockfile'],
    ...['settings-gradle.lockfile', 'gradle/'],
  ]);
  return { ok: true, files: [...scripts, ...around, ...named, ...set], restores: null };
}
