namespace AccountApplications.EmbeddedHost;
internal static class Placeholder;
