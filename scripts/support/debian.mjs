// Debian packages without root: downloaded by apt with the machine's own sources, keys and proxies, but with a private
// state and cache, and unpacked (not installed) into the project's cache. Nothing outside of the project is written.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cached } from './paths.mjs';
import { Failure, output, quietly } from './run.mjs';

/** True where apt and dpkg are at hand: Debian, Ubuntu and their kin. */
export function hasApt() {
  return (
    process.platform === 'linux' &&
    existsSync('/var/lib/dpkg/status') &&
    output('apt-get', ['--version']) !== undefined &&
    output('dpkg-deb', ['--version']) !== undefined
  );
}

/** Where this machine, if it is a Debian one, takes packages from. */
export function debianMirror() {
  const listing = output('apt-get', ['indextargets', '--format', '$(ORIGIN) $(REPO_URI)', 'Created-By: Packages']) ?? '';
  const line = listing.split('\n').find((one) => /^Debian \S+\/debian\/$/.test(one));
  return line ? line.split(' ')[1] : 'http://deb.debian.org/debian/';
}

/**
 * A private view of a package archive.
 *
 * - `name`: of its folder in the cache.
 * - `sources`: lines for sources.list; absent: the machine's own sources.
 * - `standalone`: count nothing as installed, so that every dependency down to libc is fetched.
 * - `architecture`: Debian's name of another processor than this machine's.
 */
class Archive {
  constructor({ name, sources, standalone = false, architecture }) {
    this.folder = cached('apt', name);
    this.name = name;
    for (const part of ['conf.d', 'state/lists/partial', 'cache/archives/partial', 'log']) mkdirSync(join(this.folder, part), { recursive: true });
    this.#configure(sources, standalone, architecture);
  }

  #configure(sources, standalone, architecture) {
    const folder = this.folder;
    const parts = join(folder, 'conf.d');
    rmSync(parts, { recursive: true, force: true });
    mkdirSync(parts);
    // The machine's own settings (proxies, credentials, pinning) stay in force; ours come last and win.
    for (const name of existsSync('/etc/apt/apt.conf.d') ? readdirSync('/etc/apt/apt.conf.d') : []) {
      symlinkSync(join('/etc/apt/apt.conf.d', name), join(parts, name));
    }
    const status = standalone ? join(folder, 'status') : '/var/lib/dpkg/status';
    if (standalone) writeFileSync(status, '');
    const lines = [
      `Dir::State "${folder}/state";`,
      `Dir::State::status "${status}";`,
      `Dir::Cache "${folder}/cache";`,
      `Dir::Log "${folder}/log";`,
      'Debug::NoLocking "true";',
      'APT::Sandbox::User "";',
      'APT::Install-Recommends "false";',
      'APT::Install-Suggests "false";',
      'APT::Keep-Downloaded-Packages "true";',
      'Acquire::Languages "none";',
      'Acquire::Retries "2";',
      // Catalogues for app stores and file searches, which some machines have switched on: larger than all the rest.
      ...[
        'DEP-11',
        'DEP-11-icons',
        'DEP-11-icons-small',
        'DEP-11-icons-hidpi',
        'DEP-11-icons-large',
        'DEP-11-icons-large-hidpi',
        'Contents-deb',
        'CNF',
      ].map((target) => `Acquire::IndexTargets::deb::${target}::DefaultEnabled "false";`),
      // Hooks of the machine would run on its own folders, and without the rights to.
      '#clear APT::Update::Pre-Invoke;',
      '#clear APT::Update::Post-Invoke;',
      '#clear APT::Update::Post-Invoke-Success;',
      '#clear DPkg::Pre-Invoke;',
      '#clear DPkg::Post-Invoke;',
      '#clear DPkg::Pre-Install-Pkgs;',
    ];
    if (architecture) lines.push(`APT::Architecture "${architecture}";`, '#clear APT::Architectures;', `APT::Architectures { "${architecture}"; };`);
    if (sources) {
      writeFileSync(join(folder, 'sources.list'), `${sources.join('\n')}\n`);
      // An empty folder for the machine's own lists: only the sources given here count.
      mkdirSync(join(folder, 'sources.list.d'), { recursive: true });
      lines.push(`Dir::Etc::sourcelist "${folder}/sources.list";`, `Dir::Etc::sourceparts "${folder}/sources.list.d";`);
    }
    writeFileSync(join(parts, 'zzzz-private'), `${lines.join('\n')}\n`);
    writeFileSync(join(folder, 'apt.conf'), `Dir::Etc::parts "${parts}";\n`);
    this.environment = { ...process.env, APT_CONFIG: join(folder, 'apt.conf'), LC_ALL: 'C.UTF-8', DEBIAN_FRONTEND: 'noninteractive' };
  }

  #apt(what, ...args) {
    return quietly(what, 'apt-get', ['-qq', ...args], { env: this.environment });
  }

  /** One source of many that does not answer is no reason to stop: the download will tell whether it matters. */
  #update() {
    output('apt-get', ['-qq', 'update'], { env: this.environment });
  }

  /** Downloads packages and what they need that is missing here; answers the paths of the .deb files. */
  #download(packages) {
    const install = ['--reinstall', '-y', 'install', ...packages];
    // Of packages that it has downloaded before apt tells no address: here it sees an empty folder.
    const empty = cached('apt', this.name, 'empty');
    mkdirSync(join(empty, 'partial'), { recursive: true });
    const listing = this.#apt(`resolving ${packages.join(', ')}`, '--print-uris', '-o', `Dir::Cache::archives=${empty}`, ...install);
    this.#apt(`downloading ${packages.join(', ')}`, '--download-only', ...install);
    return listing
      .split('\n')
      .filter(Boolean)
      .map((line) => {
        const [uri, name] = line.split(' ');
        // Each line: 'URI' file-name size hash. A mirror on this machine's disk is read in place.
        return uri.startsWith("'file:") ? decodeURIComponent(uri.slice("'file:".length, -1)) : join(this.folder, 'cache/archives', name);
      });
  }

  download(packages) {
    if (!readdirSync(join(this.folder, 'state/lists')).some((name) => name.includes('_Packages'))) this.#update();
    try {
      return this.#download(packages);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.#update(); // lists older than the archive name files that are gone by now
      return this.#download(packages);
    }
  }
}

/**
 * Unpacks packages, with those of their dependencies that are not installed, into `.cache/<name>` and answers that folder.
 * A second call finds it there. `packages` is the recipe: another list makes another tree.
 */
export function unpacked(name, packages, archive = {}) {
  const parent = cached('packages');
  const tree = join(parent, name);
  const recipe = JSON.stringify({ packages, sources: archive.sources, architecture: archive.architecture });
  const mark = join(tree, '.recipe');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === recipe) return tree;
  console.error(`· getting ${packages.join(', ')} from the package archive`);
  const files = new Archive({ name: 'machine', ...archive }).download(packages);
  // Made beside and renamed: two scripts at once, or one interrupted, leave no half tree.
  const fresh = mkdtempSync(join(parent, `.${name}-`));
  try {
    for (const file of files) quietly(`unpacking ${file}`, 'dpkg-deb', ['-x', file, fresh]);
    writeFileSync(join(fresh, '.recipe'), recipe);
    rmSync(tree, { recursive: true, force: true });
    renameSync(fresh, tree);
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    if (error?.code !== 'ENOTEMPTY' && error?.code !== 'EEXIST') throw error;
  }
  return tree;
}
