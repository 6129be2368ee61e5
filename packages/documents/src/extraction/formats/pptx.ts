import { Refusal } from "../child/refusal.ts";
import { TextBuilder } from "../child/text-builder.ts";
import type { Extraction } from "../extraction.ts";
import type { Members } from "./archive.ts";
import { readArchive, requireMember } from "./archive.ts";
import { readProperties } from "./core-properties.ts";
import { fallbacks, readXml } from "./xml.ts";

const wanted =
  /^(?:docProps\/core\.xml|ppt\/presentation\.xml|ppt\/_rels\/presentation\.xml\.rels|ppt\/slides\/[^/]+\.xml|ppt\/slides\/_rels\/[^/]+\.rels|ppt\/notesSlides\/[^/]+\.xml)$/u;

/** Text and notes of a PowerPoint file, a unit a slide. */
export function extractPptx(bytes: Uint8Array): Extraction {
  const members = readArchive(bytes, (name) => wanted.test(name));
  const builder = new TextBuilder("pptx-1", "slide");
  for (const [index, slide] of slidesInOrder(members).entries()) {
    builder.unit(index + 1, { forced: true });
    addSlide(builder, requireMember(members, slide), true);
    const notes = relations(members, slide).get("notesSlide");
    const member = notes === undefined ? undefined : members.get(notes);
    if (member !== undefined) {
      addSlide(builder, member, false);
    }
  }
  return { ...builder.finish(), ...readProperties(members, "docProps/core.xml") };
}

function slidesInOrder(members: Members): readonly string[] {
  const ids: string[] = [];
  readXml(requireMember(members, "ppt/presentation.xml"), {
    open: (name, attributes) => {
      if (name === "p:sldId") {
        ids.push(attributes["r:id"] ?? "");
      }
    },
  });
  const targets = relations(members, "ppt/presentation.xml", true);
  return ids.map((id) => {
    const target = targets.get(id);
    if (target === undefined) {
      throw new Refusal("DOCUMENT_DAMAGED", "it names a slide that is not there");
    }
    return target;
  });
}

/** Targets of a part's relations, by id or by the last word of their type. */
function relations(
  members: Members,
  part: string,
  byId: boolean = false,
): ReadonlyMap<string, string> {
  const at = part.lastIndexOf("/");
  const folder = part.slice(0, at);
  const member = members.get(`${folder}/_rels/${part.slice(at + 1)}.rels`);
  const targets = new Map<string, string>();
  if (member !== undefined) {
    readXml(member, {
      open: (name, { Id = "", Type = "", Target = "" }) => {
        if (name === "Relationship") {
          targets.set(byId ? Id : Type.slice(Type.lastIndexOf("/") + 1), resolve(folder, Target));
        }
      },
    });
  }
  return targets;
}

function resolve(folder: string, target: string): string {
  return new URL(target, `http://archive/${folder}/`).pathname.slice(1);
}

/** Shapes of one slide, a block each; the title is its heading. Slide numbers and dates say nothing. */
function addSlide(builder: TextBuilder, part: Uint8Array, hasTitle: boolean): void {
  let [role, text, inText]: [string, string, boolean] = ["", "", false];
  readXml(part, {
    skip: fallbacks,
    open: (name, attributes) => {
      switch (name) {
        case "p:sp":
        case "p:graphicFrame":
          [role, text] = ["", ""];
          return;
        case "p:ph":
          role = attributes["type"] ?? "";
          return;
        case "a:t":
          inText = true;
          return;
        case "a:br":
          text += "\n";
      }
    },
    text: (part) => {
      text += inText ? part : "";
    },
    close: (name) => {
      switch (name) {
        case "a:t":
          inText = false;
          return;
        case "a:p":
          text += "\n";
          return;
        case "p:sp":
        case "p:graphicFrame": {
          if (/^(?:ctrTitle|title)$/u.test(role) && hasTitle) {
            builder.heading(1, text);
          } else if (!/^(?:sldNum|dt|ftr|sldImg)$/u.test(role)) {
            builder.add("paragraph", text);
          }
          text = "";
        }
      }
    },
  });
}
