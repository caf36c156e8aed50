import { plainObject } from './arguments';
import { RequestWriter } from './wire/writer';
import type { AttributeTemplate } from './attributes';

/**
 * A template as it was when it was given: checked before anything is done, and untouched by what its owner does to it while the
 * call waits for a session.
 */
export class PreparedTemplate {
  /** CKA_TOKEN of the template; undefined where it does not say. */
  readonly token: boolean | undefined;
  /** CKA_CLASS of the template. */
  readonly class: number | undefined;
  readonly #encoded: Uint8Array;

  /** `name`: the argument as the caller knows it. */
  constructor(attributes: AttributeTemplate, name: string) {
    // Every property is read once: a getter could answer twice differently.
    const given: AttributeTemplate = { ...plainObject(attributes, name) };
    const writer = new RequestWriter({ inline: true }).begin(0);
    const start = writer.length;
    this.#encoded = writer.template(given, name).encodedSince(start);
    writer.wipe();
    this.token = given.token ?? undefined;
    this.class = classOf(given);
  }

  /** @internal */
  writeTo(request: RequestWriter): RequestWriter {
    return request.raw(this.#encoded);
  }

  /** Overwrites it: it may hold a key. */
  wipe(): void {
    this.#encoded.fill(0);
  }
}

/** Prepares a template for `work`, and wipes it afterwards. */
export async function withTemplate<T>(attributes: AttributeTemplate, name: string, work: (template: PreparedTemplate) => Promise<T>): Promise<T> {
  const template = new PreparedTemplate(attributes, name);
  try {
    return await work(template);
  } finally {
    template.wipe();
  }
}

/** The class that a template asks for, where it names one of the standard's. */
export function classOf({ class: given }: AttributeTemplate): number | undefined {
  return typeof given === 'number' ? given : undefined;
}
