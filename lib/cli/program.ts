/** How people start the command line: by the package that is installed, or in a clone of this repository by its script. */
export type Program = 'npx posthaste' | 'npm run posthaste --';

/** The command of this repository is the one with a demo. */
export const programOf = (demo: unknown): Program => (demo === undefined ? 'npx posthaste' : 'npm run posthaste --');
