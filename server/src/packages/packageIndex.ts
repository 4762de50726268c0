/**
 * What is known of the packages of one release of a distribution on one architecture. Bundled for
 * some, read from a mirror for others (`Update Package Data`); the resolver does not care which.
 */

export type PackageFamily = 'deb' | 'apk' | 'rpm';

/** Says which index; equal keys name the same one. */
export interface IndexKey {
  /** As in `ID` of os-release: `debian`, `ubuntu`, `alpine`, `fedora`, `almalinux` … */
  readonly distribution: string;
  /** Code name or version as mirrors spell it: `bookworm`, `noble`, `v3.22`, `9`. */
  readonly suite: string;
  /** Docker's word: `amd64`, `arm64`, … */
  readonly arch: string;
}

/** Another package that one needs: any one of the names or virtual names, best first. */
export type Alternatives = readonly string[];

export interface PackageFacts {
  readonly name: string;
  /** Bytes of the files that it installs, symlinks as the length of their target. */
  readonly files: number;
  /** Of these, left out by the path rules of `-slim` images. */
  readonly documentation: number;
  /** Bytes of its control files and file list, as the package database keeps them. */
  readonly control: number;
  /** Bytes of Python sources that are compiled when it is installed. */
  readonly python: number;
  /** Brings questions for debconf. */
  readonly templates: boolean;
  /** Bytes that its scripts are known to make. */
  readonly extra: number;
  /** Bytes of the package file that is downloaded. */
  readonly archive: number;
  /** False: `files` is the size that the index declares, which counts more roughly. */
  readonly measured: boolean;
  readonly depends: readonly Alternatives[];
  readonly recommends: readonly Alternatives[];
  /** Names, also virtual ones, that may not be installed beside it in the versions of this index. */
  readonly conflicts?: readonly string[];
  readonly essential: boolean;
}

/** What every installation adds beside its packages, in bytes. */
export interface InstallTerms {
  /** Once per install command that installs anything: package database and logs. */
  readonly fixed: number;
  /** Per new package. */
  readonly perPackage: number;
  /** Once, when a new package has debconf templates. */
  readonly debconf: number;
  /** Bytecode per byte of Python source. */
  readonly bytecode: number;
}

export interface PackageIndex {
  readonly key: IndexKey;
  readonly family: PackageFamily;
  /** Day of the index, `2026-11-21`, and where it came from in words, for reasons shown to users. */
  readonly date: string;
  readonly source: string;
  /** The bundled subset of a release, not all of it: a missing name may still exist. */
  readonly partial: boolean;
  package(name: string): PackageFacts | undefined;
  /** Real packages that provide a virtual name, best first. */
  providers(name: string): readonly PackageFacts[];
  /** All real names, for suggestions. */
  names(): Iterable<string>;
  /** Names of what the plain image of the release has installed (the same on slim); null: not known. */
  readonly base: readonly string[] | null;
  readonly terms: { readonly plain: InstallTerms; readonly slim: InstallTerms };
  /** What `apt-get update`, or its like, leaves behind, in bytes; null: not known. */
  readonly lists: number | null;
}
