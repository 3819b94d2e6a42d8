# Drives Net::FTP: net_ftp.pl HOST PORT ENTRANCE VERSION CA USER PASSWORD STEP...
# A step is VERB\tREMOTE\tLOCAL; for each one line "outcome done|failed TEXT" goes to stdout.
use strict;
use warnings;
use Net::FTP;

my ($host, $port, $entrance, $version, $ca, $user, $password, @steps) = @ARGV;
my %tls = (SSL_ca_file => $ca, SSL_version => 'TLSv' . $version =~ tr/./_/r);
my $ftp = Net::FTP->new($host, Port => $port, Timeout => 30, Passive => 1, SSL => $entrance eq 'implicit', %tls)
    or die "connect: $@";
if ($entrance eq 'explicit') { $ftp->starttls or die 'starttls: ' . $ftp->message }
$ftp->login($user, $password) or die 'login: ' . $ftp->message;
$ftp->binary;
$ftp->prot('P') or die 'prot: ' . $ftp->message if $entrance ne 'clear';

my %verbs = (
    Upload   => sub { $ftp->put($_[1], $_[0]) ? 'done' : 'failed' },
    Download => sub { $ftp->get($_[0], $_[1]) ? 'done' : 'failed' },
    List     => sub { my $lines = $ftp->dir($_[0]); $lines ? 'done ' . join(' ', @$lines) : 'failed' },
);
for my $step (@steps) {
    my ($verb, @words) = split /\t/, $step, -1;
    my $came = $verbs{$verb}->(@words);
    my $said = $ftp->message;
    $said =~ s/\s+/ /g;
    print "outcome $came $said\n";
}
$ftp->quit;
