"""What names and addresses are made of: legal forms, streets, towns, salutations, particulars of a firm."""

import re

FORMS = (
    r"s\.?a\.?r\.?l|s\.?a\.?s\.?u?|e\.?u\.?r\.?l|s\.?a|s\.?n\.?c|s\.?c\.?i|s\.?c\.?o\.?p|s\.?e\.?l\.?a\.?r\.?l|asbl|"
    r"s\.?p\.?r\.?l|auto-entrepreneur|gmbh(?:\s*&\s*co\.?\s*kg)?|ag|ug|ohg|kg|kgaa|e\.?\s?k\.?|e\.?\s?v\.?|a\.?\s?g\.?|"
    r"mbh|gbr|eg|se|verein|ltd|limited|llc|inc|corp|corporation|plc|llp|pty|pte|co|company|association|"
    r"sdn\.?\s*bhd|bhd|pvt|b\.?\s?v|n\.?\s?v|v\.?o\.?f|s\.?p\.?a|s\.?r\.?l|s\.?l|s\.?l\.?u|s\.?c\.?a|a/s|aps|oy|ab|"
    r"sp\.?\s*z\s*o\.?o|s\.r\.o|kft|s\.?\s?[àa]\s?r\.?\s?l"
)
FORM = re.compile(rf"(?<![\w&])(?:{FORMS})\.?(?:\s(?:{FORMS})\.?)*(?![\w&])", re.IGNORECASE)
FORM_FIRST = re.compile(
    r"(?:SARL|S\.A\.R\.L\.|BVBA|BV|NV|SPRL|SRL|SASU?|S\.A\.S\.|SA|EURL|SCI|SNC|SCOP|Sarl|Société|Ets|Établissements|Etablissements|Entreprise|"
    r"Cabinet|Maison|Garage|Boulangerie|Fa\.)\s+(?=[A-ZÀ-Ý0-9])"
)
ZIP = re.compile(
    r"(?<![\w.,/-])(?:[A-Z]{1,2}[- ])?\d{4,5}\s+[^\W\d_]{2}|\b[A-Z]{2}\s+\d{5}(?:-\d{4})?\b|"
    r"\b[A-Z]{1,2}\d[A-Z\d]?\s+\d[A-Z]{2}\b|\b\d{4}\s?[A-Z]{2}\b"
)
STREET = re.compile(
    r"\d.*\b(?:rue|avenue|av|bd|boulevard|place|chemin|allee|impasse|quai|route|cours|square|passage|montee|esplanade|street|st|road|rd|lane|ave|via|"
    r"viale|piazza|calle|camino|plaza|jalan|weg|platz)\b|"
    r"(?:str|strasse|weg|platz|allee|gasse|ring|damm|ufer|straat|laan|plein)\.?\s*\d|"
    r"^(?:via|viale|piazza|corso|calle|c/|avda|plaza|rua)\b.*\d|^c/",
)
OWN = re.compile(
    r"siret|siren|rcs|capital|\bape\b|\bnaf\b|hrb|hra\b|handelsregister|geschaftsfuhrer|amtsgericht|"
    r"registergericht|vorstand|ust-?id|steuer-?nr|steuernummer|\btva\b|vat (?:no|reg|number|id)|iban|"
    r"bankverbindung|kvk|btw|p\.?\s?iva|partita iva|\bcif\b|\bnif\b|gst|company (?:no|reg)|registered|"
    r"siege social|kontoinhaber|account holder|titulaire|www\.|http|@"
)
SEPARATOR = re.compile(r"\s*(?:[·•●|¦]|\s[-–—]\s|,\s)\s*")
FOREIGN = re.compile(r"[.:@]|https?|www|\btel\b|\bfax\b", re.IGNORECASE)
_GREETINGS = (
    r"herrn?|frau|firma|m\.|mme|mr\.?|mrs\.?|ms\.?|monsieur|madame|an|à|to|société|messrs\.?|z\.?\s?hd\.?"
)
GREETING = re.compile(rf"^(?:{_GREETINGS})\s*$", re.IGNORECASE)
