/** Types that every module uses without an import. Wire types keep the stand-in's own field names. */

type Actions = import("./actions.js").Actions;
type Notices = import("./notices.js").Notices;
type Store = import("./store.js").Store;

type Texts<Names extends string> = { [Name in Names]?: string };
type Numbers<Names extends string> = { [Name in Names]?: number };
type Flags<Names extends string> = { [Name in Names]?: boolean };

declare namespace Discord {
  type Named = { id: string; name: string };
  type Channel = Named & { nsfw: boolean; topic?: string | null };
  type Guild = Named & { roles: Named[]; channels: Channel[]; members?: string[]; has_bot?: boolean };
  interface User extends Flags<"bot">, Texts<"locale"> {
    id: string;
    username: string;
    global_name?: string | null;
    color?: string | number;
    moderator?: Record<string, boolean>; // by guild id
    administrator?: Record<string, boolean>; // by guild id
  }
  interface World {
    you: string;
    installed?: boolean;
    private?: { id: string; with: string }[];
    unread?: Record<string, number>; // mentions by channel id
    users: User[];
    bot: { id: string; username: string; online: boolean };
    guilds: Guild[];
    direct?: { id: string };
    commands: Command[];
    messages?: Record<string, Message[]>;
  }
  interface Command extends Named, Flags<"dm_permission" | "nsfw"> {
    type?: number;
    description: string;
    options?: Option[];
    guild_id?: string;
    integration_types?: number[];
    contexts?: number[] | null;
    default_member_permissions?: string | null;
  }
  interface Option
    extends Flags<"required" | "autocomplete">,
      Numbers<"min_value" | "max_value" | "min_length" | "max_length"> {
    type: number;
    name: string;
    description: string;
    options?: Option[];
    choices?: Choice[];
  }
  type Choice = { name: string; value: string | number };
  type Answer = { type: string; text?: string; choices?: Choice[]; modal?: Modal; interaction_id?: string };
  type Modal = { custom_id: string; title: string; components: Component[] };
  interface Message extends Texts<"content">, Numbers<"type" | "flags"> {
    id: string;
    channel_id: string;
    author: User;
    timestamp: string;
    edited_timestamp?: string | null;
    mentions?: User[];
    attachments?: Media[];
    components?: Component[];
    referenced_message?: Message | null;
    message_reference?: { message_id?: string };
    interaction?: { name: string; user: User };
    interaction_metadata?: { name?: string; user?: User; original_response_message_id?: string };
  }
  type Media = { url: string } & Texts<"description" | "filename" | "content_type"> &
    Numbers<"width" | "height" | "size">;
  /** A component of any kind: `type` says which of the fields it has. */
  interface Component
    extends Texts<"custom_id" | "content" | "label" | "description" | "url" | "placeholder" | "value" | "name">,
      Numbers<"id" | "style" | "min_values" | "max_values" | "min_length" | "max_length" | "size" | "spacing">,
      Flags<"disabled" | "default" | "required" | "spoiler" | "divider"> {
    type: number;
    components?: Component[];
    component?: Component;
    accessory?: Component;
    emoji?: { id?: string; name: string };
    options?: (Texts<"description"> & { label: string; value: string; default?: boolean; emoji?: { name: string } })[];
    default_values?: { id: string }[];
    items?: Component[];
    media?: Media;
    file?: Media;
    accent_color?: number | null;
  }
}

/** A channel. `guild` is null in direct messages; `private`: a direct channel without the bot. */
type Place = { guild: Discord.Guild | null; channel: Discord.Channel; private?: boolean };
type Target = { channelId: string; messageId: string | null };
/** What selects and options can name in a channel. */
type Directory = { users: Discord.User[]; roles: Discord.Named[]; channels: Discord.Channel[] };
/** Looks up what mentions mean, and goes there. */
interface Names {
  user: (id: string) => Discord.User | null;
  role: (id: string) => Discord.Named | null;
  place: (id: string) => Place | null;
  openChannel?: (channelId: string) => void;
  useCommand?: (name: string) => void;
  go?: (target: Target) => void;
}

/** What the element builder takes; see dom.js. */
type Child = Node | string | number | boolean | null | undefined | Child[];
interface Props {
  class?: string | false | null | (string | false | null)[];
  dataset?: Record<string, string | undefined>;
  style?: Record<string, string> | null;
  onClick?: (event: Event & { currentTarget: HTMLElement }) => void;
  [attribute: string]: unknown;
}
type TagOf<Selector extends string> = Selector extends `${infer Tag}.${string}` ? Tag : Selector;
type ElementOf<Selector extends string> =
  TagOf<Selector> extends keyof HTMLElementTagNameMap ? HTMLElementTagNameMap[TagOf<Selector>] : HTMLElement;

/** What drawing a message needs. */
interface Drawing {
  names: Names;
  directory: Directory;
  attachments: Discord.Media[]; // for `attachment://` addresses
  revealed: Set<string>; // spoilers that were uncovered
  use: (component: Discord.Component, values: string[] | undefined, control: HTMLElement) => void;
}
/** What surrounds a message. */
interface Surroundings extends Pick<Drawing, "names" | "revealed"> {
  store: Store;
  grouped: boolean; // whether it closely follows another message of the same author
  failure?: string; // what went wrong when one of its controls was used
  use: (message: Discord.Message, ...used: Parameters<Drawing["use"]>) => void;
  openMenu: (message: Discord.Message, anchor: HTMLElement) => void;
  openAuthorMenu: ((message: Discord.Message, anchor: HTMLElement) => void) | null; // null: it would be empty
  dismiss: (message: Discord.Message) => void;
}

/** One thing that can be run: a command, or one of its subcommands. `path` leads from the command to the subcommand. */
interface Entry {
  command: Discord.Command;
  path: Discord.Option[];
  label: string;
  description: string;
  options: Discord.Option[];
}
/** An option in a line: its name is from `start` to `valueStart`, its value to `end`. */
type Given = { option: Discord.Option; start: number; valueStart: number; end: number; raw: string };
/** A line; `stray` is text that belongs to no option. */
type Parsed = { entry: Entry; given: Given[]; stray: string };
/** What names can mean, and the suggestions of the bot that the user chose. */
type Lookup = Directory & { picked?: Map<string, string | number> };
interface Suggestion {
  label: string;
  detail?: string;
  face?: "command" | "option" | "role" | "channel" | Discord.User;
  edit: { from: number; to: number; insert: string };
  pick?: { key: string; value: string | number }; // the value that the text then means
}
/** What the text at the caret is. */
interface View {
  parsed: Parsed | null;
  active: Given | null; // the option at the caret
  title: string;
  list: Suggestion[];
  ask: boolean; // whether the bot has to be asked for suggestions
}
