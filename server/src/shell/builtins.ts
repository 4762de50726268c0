/** Commands that are part of a shell, by what they do to it (dash, BusyBox ash and Bash together). */

/** May change the shell that runs them, or read what an earlier script changed there. */
export const stateBuiltins: ReadonlySet<string> = new Set(
  `. alias bg bind break builtin cd command compgen complete compopt continue declare dirs disown
  enable eval exec exit export fc fg getopts hash history jobs let local logout mapfile popd pushd
  read readarray readonly return set shift shopt source suspend times trap typeset ulimit umask
  unalias unset wait`.split(/\s+/),
);

/** Assignments before these outlive them (POSIX special built-ins). */
export const specialBuiltins: ReadonlySet<string> = new Set(
  ': . break continue eval exec exit export readonly return set shift times trap unset'.split(' '),
);

/** Print all variables. */
export const environmentShowers: ReadonlySet<string> = new Set(['env', 'printenv']);

/** Found before PATH is searched, so that no new program takes their place. */
export const otherBuiltins: ReadonlySet<string> = new Set(
  '[ : echo false kill printf pwd test true type'.split(' '),
);
