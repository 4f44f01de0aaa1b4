#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

const project = join(import.meta.dirname, '..');

// Before anything else is loaded: stripping types is most of a start. Where the folder cannot be written, the start is merely slower.
enableCompileCache(join(project, '.posthaste', 'compile-cache'));
const [{ githubDemo }, { posthaste }] = await Promise.all([import('../lib/app/github/demo/demo.ts'), import('../lib/cli/posthaste.ts')]);

process.exitCode = await posthaste({ argv: process.argv.slice(2), project, demo: githubDemo() });
