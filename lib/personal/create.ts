import { wrong } from './arguments';
import { hostFrom, type PersonalOptions } from './host';
import { PersonalObject } from './object';
import { PersonalVersion } from './version';

/** The media types of the objects of the original. */
export type PersonalMimeType = 'application/x-personal-version' | 'application/x-personal-authentication' | 'application/x-personal-signer2';

/** What `createPersonal` answers: the objects that a page had. */
export interface Personal {
  /** The object of type application/x-personal-version. */
  readonly version: PersonalVersion;
  /**
   * A new object of type application/x-personal-authentication.
   *
   * @example
   * const authentication = personal.authentication();
   */
  authentication(): PersonalObject;
  /**
   * A new object of type application/x-personal-signer2.
   *
   * @example
   * const signer = personal.signer2();
   */
  signer2(): PersonalObject;
  /**
   * A new object of a type, as `<object type="…">` made one.
   *
   * @example
   * const signer = personal.create('application/x-personal-signer2');
   */
  create(mimeType: 'application/x-personal-version'): PersonalVersion;
  create(mimeType: Exclude<PersonalMimeType, 'application/x-personal-version'>): PersonalObject;
  create(mimeType: string): PersonalVersion | PersonalObject;
}

/**
 * The objects of BankID and Nexus Personal for one page. Nothing is asked of a token before an action.
 *
 * @example
 * const personal = createPersonal({ module, url: 'https://www.example.com/login', chooseIdentity: terminalChooser() });
 */
export function createPersonal(options: PersonalOptions): Personal {
  const host = hostFrom(options);
  const version = new PersonalVersion(host.version);
  const makers = {
    'application/x-personal-version': () => version,
    'application/x-personal-authentication': () => new PersonalObject('authentication', host),
    'application/x-personal-signer2': () => new PersonalObject('signer2', host),
  };
  function create(mimeType: string): never {
    if (typeof mimeType !== 'string' || !Object.hasOwn(makers, mimeType)) {
      throw wrong(`The "mimeType" argument must be one of ${Object.keys(makers).join(', ')}`, 'ERR_INVALID_ARG_VALUE');
    }
    return makers[mimeType as PersonalMimeType]() as never;
  }
  return Object.freeze({
    version,
    authentication: makers['application/x-personal-authentication'],
    signer2: makers['application/x-personal-signer2'],
    create,
  });
}
