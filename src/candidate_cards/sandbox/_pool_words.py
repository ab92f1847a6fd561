"""What the people of the pool are made of. Nobody here is real, and no company is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

#: (Language, given names, family names); where the family name comes first, ``FAMILY_FIRST`` has
#: the language.
NAMES: Final = (
    ("Czech", ("Markéta", "Ondřej", "Žofie"), ("Vzorová", "Příkladný", "Ukázková")),
    ("Slovak", ("Ľubica", "Matúš", "Zuzana"), ("Vzorná", "Skúšobný", "Príkladová")),
    ("Polish", ("Łucja", "Wojciech", "Małgorzata"), ("Przykładna", "Wzorowski", "Próbna")),
    ("Hungarian", ("Eszter", "Gergő", "Zsófia"), ("Példás", "Mintás", "Próbás")),
    ("German", ("Jürgen", "Anneliese", "Götz"), ("Mustermann", "Beispiel", "Probe-Muster")),
    ("French", ("Zoé", "Benoît", "Anaïs"), ("Dupont-Exemple", "Modèle", "d'Essai")),
    ("Spanish", ("Iñaki", "Begoña", "José María"), ("Ejemplo Muestra", "Prueba", "Modelo")),
    ("Portuguese", ("João", "Conceição", "Inês"), ("Exemplo", "de Amostra", "Modelo")),
    ("Icelandic", ("Þórdís", "Sigurður", "Æsa"), ("Sýnisdóttir", "Dæmason", "Prufudóttir")),
    ("Swedish", ("Åsa", "Björn", "Märta"), ("Exempelsson", "Provberg", "Mönster")),
    ("Turkish", ("Çağla", "İsmail", "Ayşegül"), ("Örnek", "Deneme", "Şablon")),
    ("Vietnamese", ("Thị Hương", "Quốc Đạt", "Mỹ Duyên"), ("Nguyễn Mẫu", "Trần Thử", "Lê Ví")),
    ("Yoruba", ("Ṣadé", "Ọlábísí", "Fúnmiláyọ̀"), ("Àpẹẹrẹ", "Ìdánwò", "Àwòṣe")),
    ("Irish", ("Caoimhe", "Oisín", "Aoife"), ("Ní Shampla", "Ó Samplach", "Mac Eiseamláir")),
    ("Greek", ("Ελένη", "Γιώργος", "Δήμητρα"), ("Παραδείγματος", "Δοκιμής", "Υποδείγματος")),
    ("Ukrainian", ("Оксана", "Тарас", "Соломія"), ("Прикладна", "Зразковий", "Пробна")),
    ("Bulgarian", ("Цветелина", "Любомир", "Ралица"), ("Примерова", "Образцов", "Пробна")),
    ("Georgian", ("ნინო", "გიორგი", "თამარ"), ("ნიმუშიძე", "მაგალითაშვილი", "საცდელი")),
    ("Armenian", ("Անի", "Տիգրան", "Նարե"), ("Օրինակյան", "Նմուշյան", "Փորձյան")),
    ("Hebrew", ("נועה", "איתי", "תמר"), ("דוגמה", "לדוגמא", "ניסיון")),
    ("Arabic", ("ليلى", "يوسف", "مريم"), ("المثال", "النموذج", "التجربة")),
    ("Persian", ("شیرین", "کاوه", "پریسا"), ("نمونه", "آزمایشی", "مثالی")),
    ("Hindi", ("अनन्या", "विक्रम", "प्रिया"), ("उदाहरण", "नमूना", "परीक्षण")),
    ("Tamil", ("கவிதா", "முருகன்", "மீனா"), ("மாதிரி", "உதாரணம்", "சோதனை")),
    ("Thai", ("สมชาย", "มาลี", "กานดา"), ("ตัวอย่าง", "ทดสอบ", "แบบจำลอง")),
    ("Amharic", ("ሰላም", "ዳዊት", "ሐና"), ("ምሳሌ", "ናሙና", "ሙከራ")),
    ("Chinese", ("小明", "思雨", "建国"), ("样", "例", "试")),
    ("Japanese", ("花子", "太郎", "さくら"), ("見本", "例文", "試験")),
    ("Korean", ("서연", "민준", "하은"), ("견본", "예시", "시험")),
    ("English", ("Prudence", "Tobias", "Wilhelmina"), ("Placeholder", "Specimen", "O'Sample")),
)

FAMILY_FIRST: Final = frozenset({"Hungarian", "Vietnamese", "Chinese", "Japanese", "Korean"})

#: (City, country).
PLACES: Final = (
    ("Bratislava", "Slovakia"),
    ("Košice", "Slovakia"),
    ("Brno", "Czechia"),
    ("Prague", "Czechia"),
    ("Vienna", "Austria"),
    ("Berlin", "Germany"),
    ("Munich", "Germany"),
    ("Warsaw", "Poland"),
    ("Kraków", "Poland"),
    ("Budapest", "Hungary"),
    ("Zürich", "Switzerland"),
    ("Amsterdam", "Netherlands"),
    ("Paris", "France"),
    ("Lisbon", "Portugal"),
    ("Barcelona", "Spain"),
    ("Dublin", "Ireland"),
    ("London", "United Kingdom"),
    ("Stockholm", "Sweden"),
    ("Tallinn", "Estonia"),
    ("Athens", "Greece"),
    ("Toronto", "Canada"),
    ("New York", "United States"),
    ("Bengaluru", "India"),
    ("Singapore", "Singapore"),
)

COMPANIES: Final = (
    "Example Foundry",
    "Nordlicht Beispiel GmbH",
    "Sample & Daughters",
    "Vzorec Systems",
    "Placeholder Bank",
    "Ejemplo Energía",
    "Specimen Health",
    "Přiklad Rail",
    "Mock Orchard",
    "Exemplar Logistics",
    "Dummy Freight",
    "Próba Media",
    "Prototype Mills",
    "Testbed Telecom",
    "Lorem Insurance",
    "Ipsum Robotics",
)


@dataclass(frozen=True, slots=True)
class Field:
    """A line of work.

    Attributes:
        roles: From junior to senior.
        skills: What people in it may know.
        deeds: What they may have done, without a full stop.
    """

    roles: tuple[str, ...]
    skills: tuple[str, ...]
    deeds: tuple[str, ...]


FIELDS: Final = (
    Field(
        ("Rust Engineer", "Senior Rust Engineer", "Staff Storage Engineer"),
        ("Rust", "Tokio", "RocksDB", "Linux", "gRPC", "Raft", "C++", "PostgreSQL"),
        ("Wrote a write-ahead log that lost nothing in a year of crashes", "Cut p99 by half"),
    ),
    Field(
        ("Data Engineer", "Senior Data Engineer", "Principal Data Engineer"),
        ("Python", "Apache Spark", "Kafka", "Airflow", "dbt", "SQL", "Snowflake", "Terraform"),
        ("Moved nightly batches to streaming", "Introduced data contracts across five teams"),
    ),
    Field(
        ("Backend Developer", "Senior Backend Engineer", "Backend Team Lead"),
        ("Java", "Spring Boot", "Kotlin", "PostgreSQL", "Redis", "Docker", "Kubernetes", "AWS"),
        ("Split an order system without an hour of downtime", "Led a team of six"),
    ),
    Field(
        ("Python Developer", "Senior Python Developer", "Lead Python Engineer"),
        ("Python", "FastAPI", "Django", "PostgreSQL", "Celery", "Docker", "pytest", "GraphQL"),
        ("Brought type checking to half a million lines", "Halved the test suite's time"),
    ),
    Field(
        ("Frontend Developer", "Senior Frontend Engineer", "Frontend Architect"),
        ("TypeScript", "React", "Vue", "CSS", "Accessibility", "Next.js", "GraphQL", "Vite"),
        ("Made a booking flow usable by keyboard alone", "Built a design system for nine products"),
    ),
    Field(
        ("DevOps Engineer", "Site Reliability Engineer", "Platform Lead"),
        ("Kubernetes", "Terraform", "AWS", "Linux", "Prometheus", "Ansible", "Go", "Helm"),
        ("Took releases from monthly to daily", "Wrote the on-call handbook of three teams"),
    ),
    Field(
        ("Machine Learning Engineer", "Senior ML Engineer", "Head of Applied AI"),
        ("Python", "PyTorch", "MLOps", "Kubernetes", "NLP", "SQL", "Computer Vision", "Ray"),
        ("Put a ranking model in front of two million users", "Cut training cost by a third"),
    ),
    Field(
        ("Product Manager", "Senior Product Manager", "Director of Product"),
        ("Roadmaps", "Discovery", "SQL", "B2B SaaS", "Agile", "Pricing", "Figma", "Analytics"),
        ("Launched in four countries", "Retired a product and kept its customers"),
    ),
    Field(
        ("UX Designer", "Senior Product Designer", "Design Lead"),
        ("Figma", "User Research", "Prototyping", "Design Systems", "Accessibility", "HTML"),
        ("Ran eighty interviews with nurses", "Cut the sign-up from nine screens to three"),
    ),
    Field(
        ("Financial Controller", "Senior Accountant", "Finance Director"),
        ("IFRS", "SAP", "Excel", "Budgeting", "Consolidation", "Tax", "Power BI", "Audit"),
        ("Closed the books in four days instead of eleven", "Prepared two audits without findings"),
    ),
    Field(
        ("Account Executive", "Senior Sales Manager", "Head of Sales"),
        ("B2B Sales", "Salesforce", "Negotiation", "SaaS", "Account Management", "German"),
        ("Opened the Austrian market", "Renewed nine of ten contracts"),
    ),
    Field(
        ("Nurse", "Intensive Care Nurse", "Head Nurse"),
        ("Intensive Care", "Triage", "Patient Safety", "Paediatrics", "German", "Mentoring"),
        ("Led a ward of thirty beds", "Trained twenty newcomers"),
    ),
    Field(
        ("Mechanical Engineer", "Senior Design Engineer", "Engineering Manager"),
        ("SolidWorks", "CATIA", "FEM", "GD&T", "Automotive", "Python", "PLC", "Lean"),
        ("Took a gearbox from sketch to series", "Saved 1.4 kg on each door"),
    ),
    Field(
        ("HR Specialist", "Talent Acquisition Partner", "Head of People"),
        ("Recruiting", "Employer Branding", "Labour Law", "Sourcing", "Onboarding", "ATS"),
        ("Hired forty engineers in a year", "Halved the time to an offer"),
    ),
    Field(
        ("Security Analyst", "Security Engineer", "Chief Information Security Officer"),
        ("Penetration Testing", "SIEM", "ISO 27001", "Linux", "Python", "Incident Response"),
        ("Led the answer to a supply chain attack", "Brought two companies to ISO 27001"),
    ),
)
