/** What the tool says about itself. */

/** Printed by `--help`, and when no command is given. */
export const usage = `Usage: dockerfile-layers COMMAND [DOCKERFILE] [OPTIONS]

Shows what each line of a Dockerfile does to the image, without building it.
DOCKERFILE is ./Dockerfile when it is not given; - reads standard input.

Commands:
  report            Print the stack of layers
  snapshot          Write what decides the cache of each step as it stands now
  check             Compare sizes with budgets
  packages update   Fetch the package data that the Dockerfile needs, from mirrors
  packages list     Print which package data is on this machine
  syntax            Print the instructions as BuildKit's parser reads them
  lsp --stdio       Start the language server

Options of report, snapshot and check:
  --target STAGE         Stage to build, by name or number (default: the last one)
  --context DIR          Folder of the build context (default: found by rule)
  --build-arg NAME=VALUE Value of an ARG; NAME alone takes it from the environment
  --platform OS/ARCH     Platform of the image (default: Linux on this machine's architecture)
  --base-image PATTERN=IMAGE
                         What a base image is like, such as 'example.com/base:*=debian:bookworm',
                         or its suite=, size= and layers=, separated by commas
  --image NAME           Image that was built from the Dockerfile, by name or id
                         (default: it is looked for in the engine)
  --no-engine            Contact no container engine, and start no git; otherwise the engine
                         that the docker command would use is asked for measured sizes

Options of packages update (and those of report):
  --for NAME             Package data by name, such as debian/trixie/arm64
  --mirror NAME=URL      Mirror of a distribution, in place of the public one

Options of report, syntax and packages list:
  --json                 Print JSON

Options of report and check:
  --ask-registry         Read base images that no engine has from their registries:
                         what they are made of, with the docker command's credentials
  --since FILE           Say what a build after this snapshot reuses and what it runs again
  --no-cache             The same for a build with --no-cache
  --no-cache-filter STAGE
                         The same for a build that takes nothing of these stages from cache

Options of snapshot:
  -o, --output FILE      Where it is written; - is standard output

Options of report:
  --ask-downloads        Ask servers how long downloads are (one HEAD request each)

Options of check (sizes such as 500MB, 1.5GiB, 12kB or plain bytes):
  --max-image SIZE       Budget of the whole image
  --max-layer SIZE       Budget of each own layer
  --format FORMAT        text, json, sarif or github (default: text)

  -h, --help             Print this text
  --version              Print the version

Exit codes: 0 done, and within the budgets; 1 a budget is broken; 2 bad usage or an unreadable
file; 3 a size is unknown, so that a budget cannot be decided.
`;
