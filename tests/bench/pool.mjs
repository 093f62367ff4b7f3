// pool.mjs HOST PORT COUNT LETTER.json - send with nodemailer's pool, as its
// documentation advises for bulk: ten connections, a text for each reader.
// LETTER has subject, html and text with "@@" where a reader's token goes.

import { readFileSync } from "node:fs";
import nodemailer from "nodemailer";

const [host, port, count, file] = process.argv.slice(2);
const letter = JSON.parse(readFileSync(file, "utf8"));
const transport = nodemailer.createTransport({
  host,
  port: Number(port),
  secure: false,
  ignoreTLS: true,
  pool: true,
  maxConnections: 10,
  maxMessages: Infinity,
});

let next = 0;
async function sendSome() {
  while (next < Number(count)) {
    const n = String(++next).padStart(7, "0");
    const token = `t${n}`.repeat(5);
    await transport.sendMail({
      envelope: { from: `b+${n}@terug.example`, to: `r${n}@lezers.example` },
      from: "nieuwsbrief@nieuws.example",
      to: `r${n}@lezers.example`,
      subject: letter.subject,
      html: letter.html.replaceAll("@@", token),
      text: letter.text.replaceAll("@@", token),
    });
  }
}

await Promise.all(Array.from({ length: 20 }, sendSome));
transport.close();
